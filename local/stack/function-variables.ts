import type { ConfigurationDocument } from "../../src/contract/configuration/configuration-document.ts";
import type { LocalConfiguration } from "../configuration/local-configuration.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";
import type { CopyEnvironment, FanOutEnvironment, ProbeEnvironment } from "../../src/contract/stack/environment.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import { BACKFILL_CONCURRENCY, DESTINATION, LOGIN_SECRET, STACK, TABLE } from "./local-names.ts";
import type { Queues } from "./queues.ts";
import { FEDERATION } from "./registries.ts";
import type { Registries } from "./registries.ts";

/** A registry of the specification. The login is the content of its secret: `{"username", "password"}` or `{"token"}`. */
export interface GenericTarget {
  readonly registry: string;
  readonly prefix: string;
  readonly login?: Readonly<Record<string, string>>;
}

/** Settings of the functions. */
export interface FunctionSettings {
  readonly leaseSeconds?: number | undefined;
  /** Concurrent copies of live events. */
  readonly concurrency: number;
  /** The federation that the functions use to log in to the target. */
  readonly federation?: typeof FEDERATION | undefined;
  /** Another registry to replicate to, over plain HTTP, instead of the local target; anonymous without a login. */
  readonly target?: GenericTarget | undefined;
}

/** Visibility timeout of the long queue, in seconds: short, so that a killed build is repeated while the user watches. */
const LONG_VISIBILITY_SECONDS = 6;
/** Interval of comparisons, in minutes, and minimum age of compared tags, in seconds: short, because the user watches. */
const RECONCILE_MINUTES = 1;
const GRACE_SECONDS = 3;

/** The environment variables of each function, without those of the emulators. */
export function variablesOf(
  { deployed, variables }: LocalConfiguration,
  registries: Registries,
  { live }: Queues,
  options: FunctionSettings,
) {
  const fanOut = {
    ...variables,
    FREIGHTLINER_PARTS: JSON.stringify(stackPartsOf(deployed.configuration)),
    FREIGHTLINER_STACK: STACK.stack,
    FREIGHTLINER_QUEUES_URL: live.url.slice(0, -live.name.length),
    FREIGHTLINER_TABLE: TABLE,
  } satisfies FanOutEnvironment;
  const google = {
    FREIGHTLINER_GOOGLE_ENDPOINTS: JSON.stringify(registries.target.google),
  };
  const copy = {
    ...fanOut,
    ...google,
    FREIGHTLINER_LONG_VISIBILITY_SECONDS: String(LONG_VISIBILITY_SECONDS),
    ...(options.leaseSeconds === undefined ? {} : { FREIGHTLINER_LEASE_SECONDS: String(options.leaseSeconds) }),
  } satisfies CopyEnvironment;
  const watching = {
    ...fanOut,
    ...google,
    FREIGHTLINER_CONCURRENCY: JSON.stringify({ live: options.concurrency, backfill: BACKFILL_CONCURRENCY }),
  } satisfies ProbeEnvironment;
  return { fanOut, copy, watching };
}

/** The document that the local stack is deployed with. */
export function localDocument(
  { source, target }: Registries,
  { target: elsewhere, federation = FEDERATION }: Pick<FunctionSettings, "target" | "federation">,
): ConfigurationDocument {
  const local = { registry: target.registry, prefix: target.prefix, federation };
  return {
    version: 1,
    source: {
      account: LOCAL_ACCOUNT,
      region: LOCAL_REGION,
      registry: source.registry,
      plainHttp: true,
      blobHosts: [source.blobHost],
    },
    destinations: [
      {
        name: DESTINATION,
        plainHttp: true,
        ...(elsewhere === undefined ? { kind: "artifactRegistry", ...local } : genericOf(elsewhere)),
      },
    ],
    rules: [{ repositories: ["**"], destinations: [DESTINATION] }],
    reconcile: { everyMinutes: RECONCILE_MINUTES, graceSeconds: GRACE_SECONDS },
  };
}

function genericOf({ registry, prefix, login }: GenericTarget) {
  const place = { kind: "generic", registry, prefix } as const;
  return login === undefined ? place : { ...place, loginSecret: LOGIN_SECRET };
}
