import type { ConfigurationDocument } from "../../src/contract/configuration/configuration-document.ts";
import type { LocalConfiguration } from "../configuration/local-configuration.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";
import type { WrittenSource } from "../../src/contract/source/source-document.ts";
import type {
  ApiAddress,
  ApiVariables,
  ArrivalsEnvironment,
  CanaryEnvironment,
  CopyEnvironment,
  FanOutEnvironment,
  InspectEnvironment,
  JobScheduling,
  JobsEnvironment,
  NotifyEnvironment,
  GoogleEndpoints,
  ProbeEnvironment,
  SealEnvironment,
  StackEnvironment,
} from "../../src/contract/stack/environment.ts";
import { CANARY_INTERVAL_MINUTES } from "../../src/contract/stack/limits.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import {
  BACKFILL_CONCURRENCY,
  CANARY_REPOSITORY,
  CHANNEL,
  CHANNEL_SECRET,
  DESTINATION,
  ECR_ACCOUNT,
  ECR_PREFIX,
  JOB_SCHEDULING,
  LOGIN_SECRET,
  RECEIPT_KEY,
  STACK,
  TABLE,
} from "./local-names.ts";
import type { Queues } from "./queues.ts";
import { FEDERATION } from "./registries.ts";
import type { Registries } from "./registries.ts";

/** A registry of the specification. The login is the content of its secret: `{"username", "password"}` or `{"token"}`. */
export interface GenericTarget {
  readonly registry: string;
  readonly prefix: string;
  readonly login?: Readonly<Record<string, string>>;
}

/** Another source than the stack's ECR registry, without the account and region of the stack. */
export interface OtherSource {
  readonly document: WithoutPlace<Extract<WrittenSource, { kind: "artifactRegistry" | "generic" }>>;
  /** The secret of its webhook, `WEBHOOK_SECRET`. */
  readonly secret?: string;
}
type WithoutPlace<T> = T extends unknown ? Omit<T, "account" | "region"> : never;

/** Settings of the functions. */
export interface FunctionSettings {
  readonly leaseSeconds?: number | undefined;
  /** Concurrent copies of live events. */
  readonly concurrency: number;
  /** The federation that the functions use to log in to the target. */
  readonly federation?: typeof FEDERATION | undefined;
  /** Another registry to replicate to, over plain HTTP, instead of the local target; anonymous without a login. */
  readonly target?: GenericTarget | undefined;
  readonly source?: OtherSource | undefined;
  /** Replicate to the stack's own ECR registry, which then is no source. */
  readonly intoEcr?: boolean | undefined;
  /** Push canaries, to a repository of their own. */
  readonly canary?: boolean | undefined;
  /** A webhook on this machine that is told how pushes end. */
  readonly notify?: string | undefined;
  /** Google's services where they are not the stack's own. */
  readonly google?: GoogleEndpoints | undefined;
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
    FREIGHTLINER_GOOGLE_ENDPOINTS: JSON.stringify({ ...registries.target.google, ...options.google }),
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
  const arrivals = { ...fanOut, ...google } satisfies ArrivalsEnvironment;
  const canary = { ...fanOut, ...google } satisfies CanaryEnvironment;
  const seal = {
    FREIGHTLINER_STACK: fanOut.FREIGHTLINER_STACK,
    FREIGHTLINER_PARTS: fanOut.FREIGHTLINER_PARTS,
    FREIGHTLINER_TABLE: TABLE,
    FREIGHTLINER_RECEIPT_KEY: RECEIPT_KEY,
  } satisfies SealEnvironment;
  const api = {
    ...fanOut,
    FREIGHTLINER_JOBS: JSON.stringify(JOB_SCHEDULING satisfies JobScheduling),
    FREIGHTLINER_RECEIPT_KEY: RECEIPT_KEY,
    FREIGHTLINER_API: JSON.stringify({ role: "operator", origins: [] } satisfies ApiAddress),
  } satisfies ApiVariables;
  const jobs = {
    ...fanOut,
    FREIGHTLINER_JOBS: JSON.stringify(JOB_SCHEDULING satisfies JobScheduling),
  } satisfies JobsEnvironment;
  const inspect = { ...fanOut, ...google } satisfies InspectEnvironment;
  const notify = { ...fanOut } satisfies NotifyEnvironment;
  const announce = { FREIGHTLINER_STACK: STACK.stack } satisfies StackEnvironment;
  return { fanOut, copy, watching, arrivals, canary, announce, notify, seal, api, jobs, inspect };
}

/** The document that the local stack is deployed with. */
export function localDocument(registries: Registries, options: LocalDirection): ConfigurationDocument {
  return {
    version: 1,
    source: sourceOf(registries, options),
    destinations: [{ name: DESTINATION, plainHttp: true, ...destinationOf(registries, options) }],
    rules: [{ repositories: ["**"], destinations: [DESTINATION] }],
    reconcile: { everyMinutes: RECONCILE_MINUTES, graceSeconds: GRACE_SECONDS },
    stack: { ...canaryOf(options), ...channelsOf(options) },
  };
}

function canaryOf({ canary = false }: LocalDirection) {
  if (!canary) return {};
  return { canary: { repository: CANARY_REPOSITORY, intervalMinutes: CANARY_INTERVAL_MINUTES.least } };
}

function channelsOf({ notify }: LocalDirection) {
  if (notify === undefined) return {};
  const place = { webhook: CHANNEL_SECRET, hosts: [new URL(notify).host], plainHttp: true };
  const on: ("failed" | "late" | "quarantined" | "recovered")[] = ["failed", "late", "quarantined", "recovered"];
  return { notifications: [{ name: CHANNEL, kind: "webhook" as const, ...place, on }] };
}

type LocalDirection = Pick<FunctionSettings, "target" | "federation" | "source" | "intoEcr" | "canary" | "notify">;

function sourceOf({ source }: Registries, options: LocalDirection): WrittenSource {
  const place = { account: LOCAL_ACCOUNT, region: LOCAL_REGION };
  if (options.source !== undefined) return { ...options.source.document, ...place };
  return { ...place, registry: source.registry, plainHttp: true, blobHosts: [source.blobHost] };
}

function destinationOf(
  { source, target }: Registries,
  { target: elsewhere, federation = FEDERATION, intoEcr = false }: LocalDirection,
) {
  if (elsewhere !== undefined) return genericOf(elsewhere);
  if (!intoEcr) {
    return { kind: "artifactRegistry", registry: target.registry, prefix: target.prefix, federation } as const;
  }
  const place = { account: ECR_ACCOUNT, region: LOCAL_REGION, registry: source.registry, prefix: ECR_PREFIX };
  return { kind: "ecr", ...place, createRepositories: true } as const;
}

function genericOf({ registry, prefix, login }: GenericTarget) {
  const place = { kind: "generic", registry, prefix } as const;
  return login === undefined ? place : { ...place, loginSecret: LOGIN_SECRET };
}
