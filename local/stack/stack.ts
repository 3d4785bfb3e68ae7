import { randomUUID } from "node:crypto";
import { createAccessKey } from "../access/access-key.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import { ecrPushEvent } from "../events/ecr-events.ts";
import { startFunctionUrl } from "../lambda/function-url.ts";
import type { InvocationResult } from "../lambda/execution-environment.ts";
import type { RegistryEvent } from "../registry/protocol/registry-event.ts";
import { startLocalConfiguration } from "../configuration/local-configuration.ts";
import type { LocalConfiguration } from "../configuration/local-configuration.ts";
import { localDocument } from "./function-variables.ts";
import { openDataDirectory } from "./data-directory.ts";
import { startFunctions } from "./functions.ts";
import type { Functions } from "./functions.ts";
import { startRegistries } from "./registries.ts";
import type { Registries } from "./registries.ts";
import { startServices } from "./services.ts";
import type { StackOptions } from "./stack-options.ts";
import { startBus, startMappings, startSchedules } from "./triggers.ts";

/** Public names of the queues. */
const QUEUES = {
  live: "live",
  backfill: "backfill",
  long: "long",
  "dead-letters": "deadLetters",
  "undelivered-events": "undelivered",
} as const;

/** Freightliner on this machine: two registries and the functions between them. Dispose to stop it. */
export interface Stack extends Registries, AsyncDisposable {
  /** Messages of a queue: those that wait, and those in flight. */
  depth(name: keyof typeof QUEUES): {
    readonly visible: number;
    readonly inFlight: number;
  };
  /** Kills all running copies, as a crash would. Their messages return when their visibility timeout ends. */
  killCopies(): Promise<void>;
  /** Compares source and target now, unless the last comparison started less than a minute ago. */
  reconcile(): Promise<InvocationResult>;
  /** Seals receipts now. */
  seal(): Promise<InvocationResult>;
  /** Pushes a canary if one is due, and looks where the last one has arrived; undefined where none are pushed. */
  canary(): Promise<InvocationResult> | undefined;
  /** Probes unavailable destinations now. */
  probe(): Promise<InvocationResult>;
  /** The function of the HTTP API, for operators. */
  readonly api: Functions["api"];
  readonly configuration: LocalConfiguration;
  readonly longLane: LongLane;
  /** Where a source other than the stack's ECR registry sends its notifications; undefined when it sends none. */
  readonly arrivalsUrl: string | undefined;
  /** Address of the Lambda API, with its access key: `freightliner --local` takes it. */
  readonly lambdaEndpoint: string;
}

/** Builds that continue copies beyond a function's time limit. */
export interface LongLane {
  /** How many builds have started. */
  started(): number;
  /** Kills the running build. Its message returns when its visibility timeout ends, and the probe starts another build. */
  kill(): Promise<void>;
}

/** Starts Freightliner on this machine: the deployed functions, with emulators of AWS and Google and two local registries. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using starting = new AsyncDisposableStack();
  const directory = await openDataDirectory(options.directory, starting);
  const { key = createAccessKey() } = options;
  const pushed: { handle?: (event: RegistryEvent) => void } = {};
  const registries = await startRegistries(
    {
      directory,
      key,
      sourcePort: options.sourcePort,
      targetPort: options.targetPort,
      isSourceTokenExpired: options.isSourceTokenExpired,
      addressOf: options.addressOf,
      onSource(event) {
        pushed.handle?.(event);
        options.onSource?.(event);
      },
      onTarget: options.onTarget ?? (() => undefined),
    },
    starting,
  );
  const kept = options.directory === undefined ? undefined : directory;
  const { external, flags, variables } = options;
  const configuration = await startLocalConfiguration(
    { document: localDocument(registries, options), directory, key, external, flags, variables },
    starting,
  );
  const services = await startServices(registries, { ...options, configuration, directory: kept, key }, starting);
  const functions = startFunctions(services, options, starting);
  startMappings(services, functions, { ...options, key }, starting);
  startSchedules(functions, options, starting);
  const bus = startBus(services, functions.fanOut, { ...options, key }, starting);
  const arrivalsUrl = await startArrivals(functions, starting);
  pushed.handle = (event) => {
    if (event.kind === "manifest-stored" && options.source === undefined) bus.put(ecrPushEvent(event, newOrigin()));
  };
  const running = starting.move();
  return {
    ...registries,
    depth: (name) => services.sqs.depth(services[QUEUES[name]].name),
    killCopies: () => functions.copy.killAll(),
    ...scheduledOf(functions),
    api: functions.api,
    configuration,
    longLane: { started: () => services.builds.started(), kill: () => services.builds.kill() },
    arrivalsUrl,
    lambdaEndpoint: services.lambdaEndpoint.replace("://", `://${key}@`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Invokes scheduled functions before they are due. */
function scheduledOf({
  reconcile,
  probe,
  seal,
  canary,
}: Functions): Pick<Stack, "reconcile" | "probe" | "seal" | "canary"> {
  return {
    reconcile: () => reconcile.invoke({}),
    probe: () => probe.invoke({}),
    seal: () => seal.invoke({}),
    canary: () => canary?.invoke({}),
  };
}

/** Starts the URL of the arrivals function, if there is one. */
async function startArrivals({ arrivals }: Functions, stack: AsyncDisposableStack): Promise<string | undefined> {
  if (arrivals === undefined) return undefined;
  const url = await startFunctionUrl(arrivals);
  stack.defer(() => url.close());
  return `http://${url.host}/`;
}

/** Of an event that happens now. */
function newOrigin() {
  return { id: randomUUID(), account: LOCAL_ACCOUNT, region: LOCAL_REGION, at: new Date() };
}
