import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigurationDocument } from "../src/contract/configuration.ts";
import type { CopyEnvironment, CopyQueue, FanOutEnvironment } from "../src/contract/environment.ts";
import { COPY_MAX_RECEIVE_COUNT, FAN_OUT_TIMEOUT_SECONDS } from "../src/contract/limits.ts";
import { createStateTable, startDynamoDb } from "./emulators/dynamodb.ts";
import { ecrPushEvent } from "./emulators/ecr-events.ts";
import { createEventBus } from "./emulators/event-bus.ts";
import type { EventBusOptions } from "./emulators/event-bus.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "./emulators/local-aws.ts";
import { startSqs } from "./emulators/sqs.ts";
import type { LocalQueue, RunningSqs } from "./emulators/sqs.ts";
import { startEventSourceMapping } from "./lambda/event-source-mapping.ts";
import { startFunction } from "./lambda/function.ts";
import type { LocalFunction } from "./lambda/function.ts";
import { FEDERATION, startRegistries } from "./registries.ts";
import type { Registries } from "./registries.ts";
import type { OnRegistryEvent, RegistryEvent } from "./registry/registry-event.ts";

export interface StackOptions {
  /** Where state and blobs are kept; a temporary folder, removed at the end, when not given. */
  readonly directory?: string | undefined;
  readonly sourcePort?: number | undefined;
  readonly targetPort?: number | undefined;
  /** Copies at once. */
  readonly concurrency: number;
  /** Time limit of one copy. */
  readonly timeoutSeconds: number;
  /** Seconds a lease lasts without a heartbeat; the functions' own default when not given. */
  readonly leaseSeconds?: number | undefined;
  /** Another registry to replicate to, instead of the local target: anonymous, plain HTTP. */
  readonly target?: { readonly registry: string; readonly prefix: string } | undefined;
  /** Decides what becomes of each push event; all are delivered once when not given. */
  readonly delivery?: EventBusOptions["delivery"];
  readonly onSource?: OnRegistryEvent | undefined;
  readonly onTarget?: OnRegistryEvent | undefined;
  /** A line of a function's log. */
  readonly onLog?: ((functionName: string, line: string) => void) | undefined;
}

/** Everything running: two registries and the functions between them. */
export interface Stack extends Registries, AsyncDisposable {
  /** Queues by name: messages that wait, and messages that are being worked on. */
  depth(name: "live" | "dead-letters"): { readonly visible: number; readonly inFlight: number };
  /** Kills every copy under way, as a crash would; their messages come again when their visibility ends. */
  killCopies(): Promise<void>;
}

const DESTINATION = "local";
const TABLE = "freightliner-state";
/** Time running copies get to end when the stack is closed. */
const GRACE_MS = 500;

/** Starts Freightliner on this machine: the functions as they are deployed, between emulators and local registries. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using starting = new AsyncDisposableStack();
  const directory = await openDirectory(options.directory, starting);
  const pushed: { handle?: (event: RegistryEvent) => void } = {};
  const registries = await startRegistries(
    {
      directory,
      sourcePort: options.sourcePort,
      targetPort: options.targetPort,
      onSource(event) {
        pushed.handle?.(event);
        options.onSource?.(event);
      },
      onTarget: options.onTarget ?? (() => undefined),
    },
    starting,
  );
  const services = await startServices(directory, registries, options, starting);
  const copy = startFunctions(services, options, starting);
  const bus = createEventBus({ invoke: copy.fanOut.invoke, delivery: options.delivery });
  starting.defer(() => bus.close());
  pushed.handle = (event) => {
    if (event.kind !== "manifest-stored") return;
    const origin = { id: randomUUID(), account: LOCAL_ACCOUNT, region: LOCAL_REGION, at: new Date() };
    bus.put(ecrPushEvent(event, origin));
  };
  const running = starting.move();
  return {
    ...registries,
    depth: (name) => services.sqs.depth(name),
    killCopies: () => copy.copy.killAll(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function openDirectory(directory: string | undefined, stack: AsyncDisposableStack): Promise<string> {
  if (directory !== undefined) {
    await mkdir(directory, { recursive: true });
    return directory;
  }
  const temporary = await mkdtemp(join(tmpdir(), "freightliner-"));
  stack.defer(() => rm(temporary, { recursive: true, force: true }));
  return temporary;
}

interface Services {
  readonly sqs: RunningSqs;
  readonly live: LocalQueue;
  readonly fanOutEnvironment: Readonly<Record<string, string>>;
  readonly copyEnvironment: Readonly<Record<string, string>>;
}

async function startServices(
  directory: string,
  registries: Registries,
  options: StackOptions,
  stack: AsyncDisposableStack,
): Promise<Services> {
  const keep = options.directory !== undefined;
  const dynamo = await startDynamoDb(keep ? join(directory, "table") : undefined);
  stack.defer(() => dynamo.close());
  await createStateTable(dynamo.endpoint, TABLE);
  const sqs = await startSqs(keep ? join(directory, "queues") : undefined);
  stack.defer(() => sqs.close());
  const deadLetters = sqs.createQueue("dead-letters", {});
  const live = sqs.createQueue("live", {
    VisibilityTimeout: String(options.timeoutSeconds + 1),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: COPY_MAX_RECEIVE_COUNT }),
  });
  const queues: CopyQueue[] = [{ destination: DESTINATION, priority: "live", arn: live.arn, url: live.url }];
  const common = {
    FREIGHTLINER_CONFIGURATION: JSON.stringify(configurationOf(registries, options.target)),
    FREIGHTLINER_QUEUES: JSON.stringify(queues),
  } satisfies FanOutEnvironment;
  const copy = {
    ...common,
    FREIGHTLINER_TABLE: TABLE,
    FREIGHTLINER_DEAD_LETTERS: deadLetters.url,
    FREIGHTLINER_STS_URL: registries.target.stsUrl,
    FREIGHTLINER_IAM_CREDENTIALS_URL: registries.target.iamCredentialsUrl,
    ...(options.leaseSeconds === undefined ? {} : { FREIGHTLINER_LEASE_SECONDS: String(options.leaseSeconds) }),
  } satisfies CopyEnvironment;
  const endpoints = {
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_ECR: registries.source.ecrEndpoint,
  };
  return {
    sqs,
    live,
    fanOutEnvironment: { ...common, ...endpoints },
    copyEnvironment: { ...copy, ...endpoints },
  };
}

function configurationOf({ source, target }: Registries, elsewhere: StackOptions["target"]): ConfigurationDocument {
  const local = { registry: target.registry, prefix: target.prefix, federation: FEDERATION };
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
        kind: elsewhere === undefined ? "artifactRegistry" : "generic",
        plainHttp: true,
        ...(elsewhere ?? local),
      },
    ],
    rules: [{ repositories: ["**"], destinations: [DESTINATION] }],
  };
}

function startFunctions(
  { sqs, live, fanOutEnvironment, copyEnvironment }: Services,
  options: StackOptions,
  stack: AsyncDisposableStack,
): { readonly fanOut: LocalFunction; readonly copy: LocalFunction } {
  const define = (name: string, environment: Readonly<Record<string, string>>, timeoutSeconds: number) => ({
    name,
    environment,
    entry: new URL(`../functions/${name}/index.ts`, import.meta.url),
    timeoutMs: timeoutSeconds * 1_000,
    onLog: (line: string) => options.onLog?.(name, line),
  });
  const fanOut = startFunction(define("fan-out", fanOutEnvironment, FAN_OUT_TIMEOUT_SECONDS), 1);
  stack.defer(() => fanOut.close());
  const copy = startFunction(define("copy", copyEnvironment, options.timeoutSeconds), options.concurrency);
  stack.defer(() => copy.close());
  const mapping = startEventSourceMapping({
    endpoint: sqs.endpoint,
    queue: live,
    invoke: copy.invoke,
    batchSize: 1,
    maxConcurrency: options.concurrency,
  });
  stack.defer(() => mapping.close(GRACE_MS));
  return { fanOut, copy };
}
