import { systemClock } from "../../src/async/system-clock.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CopyEnvironment } from "../../src/contract/stack/environment.ts";
import type { GoogleEndpoints } from "../../src/contract/stack/environment.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { DeletionRecord } from "../../src/replication/deletes/deletion-record.ts";
import { createSourceFacts } from "../../src/replication/rules/source-facts.ts";
import { createMemoryRecordStore } from "../../src/replication/state/memory-record-store.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import { createSignatureVerifier } from "../../src/signatures/signature-verifier.ts";
import { openConfiguration, readDeployed } from "../../src/wiring/open-configuration.ts";
import type { UserLogin } from "../../src/wiring/open-registries.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import type { Operations } from "../../src/wiring/operations/open-operations.ts";
import { openSides } from "../../src/wiring/planning/open-sides.ts";
import type { OpenedSides } from "../../src/wiring/planning/open-sides.ts";
import { readExternal, readLayers } from "../config/read-layers.ts";
import { dockerCredentials } from "../credentials/docker-credentials.ts";
import { createRequestRate } from "../registry-access/request-rate.ts";
import { openRegistryAccess } from "../registry-access/registry-access.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { CommonOptions, Terminal } from "../terminal/terminal.ts";
import type { PlanContext } from "../../src/inspection/plan/plan-context.ts";

/** Options that name a configuration and a stack, as commander gives them. */
export interface RawPlacesOptions extends CommonOptions {
  readonly config?: string | undefined;
  readonly external?: string | undefined;
  readonly set: readonly string[];
  readonly stack?: string | undefined;
  readonly local?: string | undefined;
  readonly caFile?: string | undefined;
}

export interface OpenedPlan extends AsyncDisposable {
  readonly context: Omit<PlanContext, "all" | "parallel" | "sides"> & { readonly sides: OpenedSides };
  /** The stack, if one was named. */
  readonly operations: Operations | undefined;
}

export const DEFAULT_CONFIG = "freightliner.yaml";
const DEFAULT_STACK = "freightliner";

/**
 * Opens both sides of a configuration, and the records of a stack if one is named: the local stack brings its own configuration. @param onBusy
 * called when a registry asks to slow down. @throws {UsageError} @throws {StackUnavailableError}
 */
export async function openPlan(
  given: RawPlacesOptions,
  terminal: Terminal,
  signal: AbortSignal,
  onBusy: () => void = () => undefined,
): Promise<OpenedPlan> {
  await using opening = new AsyncDisposableStack();
  const { environment } = terminal;
  const operations = await openStack(given, signal);
  if (operations !== undefined) opening.use(operations);
  const observer = observerOf(terminal);
  const configuration = await configurationOf(given, operations, { observer, environment }, signal);
  const { connections } = await openRegistryAccess({ allowedHosts: [], caFile: given.caFile }, environment);
  opening.defer(() => connections.close());
  const sides = openSides({
    configuration,
    connections,
    observer,
    onBusy,
    aws: operations?.aws ?? (() => ({})),
    google: googleOf(given, operations),
    userLogin: userLogins(environment),
    rateOf: (requestsPerSecond) => createRequestRate(requestsPerSecond, systemClock),
  });
  opening.use(sides);
  const open = opening.move();
  return {
    operations,
    context: {
      configuration,
      sides,
      facts: createSourceFacts(sides.factSource, configuration.rules, Date.now),
      gatePorts: { verifier: createSignatureVerifier(), readScan: sides.readScan },
      records: recordsOf(operations),
      stack: operations && (given.stack ?? DEFAULT_STACK),
      now: Date.now,
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** What the stack remembers; without a stack, nothing. */
function recordsOf(operations: Operations | undefined): PlanContext["records"] {
  if (operations === undefined) {
    const nothing = {
      tags: createMemoryRecordStore<TagRecord>(),
      deletions: createMemoryRecordStore<DeletionRecord>(),
    };
    return { ...nothing, backfills: createMemoryRecordStore() };
  }
  const { tags, deletions, backfills } = operations.stores;
  return { tags, deletions, backfills: createMemoryRecordStore(backfills) };
}

async function openStack({ stack, local }: RawPlacesOptions, signal: AbortSignal): Promise<Operations | undefined> {
  if (stack === undefined && local === undefined) return undefined;
  const parsed = parseStackOptions({ stack: stack ?? DEFAULT_STACK, local });
  return openOperations(parsed.stack, parsed.access, signal);
}

/** The configuration of the command line; without a file, that of the local stack. */
async function configurationOf(
  { config, external, set, local }: RawPlacesOptions,
  operations: Operations | undefined,
  { observer, environment }: { readonly observer: Observer; readonly environment: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<Configuration> {
  if (local === undefined || operations === undefined || config !== undefined) {
    return (await readLayers({ config: config ?? DEFAULT_CONFIG, external, set }, environment)).configuration;
  }
  const { variables } = operations;
  const own = CopyEnvironment.parse(variables);
  // Instead of the one that the stack has: how a change of the rules would turn out.
  if (external !== undefined) return (await readExternal(external, await readDeployed(own, variables))).configuration;
  const feed = await openConfiguration(own, variables, observer, { aws: operations.aws("APPCONFIGDATA") });
  return feed.current(signal);
}

function googleOf({ local }: RawPlacesOptions, operations: Operations | undefined): GoogleEndpoints | undefined {
  if (local === undefined || operations === undefined) return undefined;
  return CopyEnvironment.parse(operations.variables).FREIGHTLINER_GOOGLE_ENDPOINTS;
}

/** The logins of the user, each read once: a credential helper may ask its user. */
function userLogins(environment: NodeJS.ProcessEnv): UserLogin {
  const known = new Map<string, ReturnType<UserLogin>>();
  const read: UserLogin = async (registry, signal) => {
    const found = await dockerCredentials(registry, environment, signal);
    return found.kind === "anonymous" ? undefined : found;
  };
  return (registry, signal) => {
    const found = known.get(registry) ?? read(registry, signal);
    known.set(registry, found);
    return found;
  };
}

function observerOf({ notes }: Terminal): Observer {
  const say: Observer["warn"] = (message, fields) => notes.lines([`${message}: ${describeFields(fields)}`]);
  return { info: () => undefined, warn: say, error: say, count: () => undefined };
}

function describeFields(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${value instanceof Error ? describeError(value) : String(value)}`)
    .join(", ");
}
