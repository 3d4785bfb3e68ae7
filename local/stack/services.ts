import { join } from "node:path";
import type { ConfigurationDocument } from "../../src/contract/configuration/configuration-document.ts";
import type { CopyEnvironment, FanOutEnvironment, ProbeEnvironment } from "../../src/contract/stack/environment.ts";
import { COPY_MAX_RECEIVE_COUNT, visibilitySeconds } from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { queuesOf } from "../../src/contract/stack/queues.ts";
import { keyVariables } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { createStateTable, startDynamoDb } from "../emulators/dynamodb.ts";
import { startCodeBuild } from "../emulators/codebuild-api.ts";
import type { RunningCodeBuild } from "../emulators/codebuild-api.ts";
import { startLambdaApi } from "../lambda/lambda-api.ts";
import type { MappedQueue } from "../lambda/lambda-api.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import { startSecretsManager } from "../emulators/secrets-manager.ts";
import { startSqs } from "../emulators/sqs.ts";
import type { LocalQueue, RunningSqs } from "../emulators/sqs.ts";
import { FEDERATION } from "./registries.ts";
import type { Registries } from "./registries.ts";

/** A registry of the specification, and what its secret holds: `{"username", "password"}` or `{"token"}`. */
export interface GenericTarget {
  readonly registry: string;
  readonly prefix: string;
  readonly login?: Readonly<Record<string, string>>;
}

export interface ServicesOptions {
  /** Who may call the services: what the functions are given. */
  readonly key: AccessKeyId;
  /** Where tables and queues are kept; in memory when not given. */
  readonly directory: string | undefined;
  readonly timeoutSeconds: number;
  readonly leaseSeconds?: number | undefined;
  /** Copies at once. */
  readonly concurrency: number;
  /** Who the functions say they are at the target. */
  readonly federation?: typeof FEDERATION | undefined;
  /** A line of a build's log, as the copy function writes them. */
  readonly onLog?: ((functionName: string, line: string) => void) | undefined;
  /** Another registry to replicate to, instead of the local target: plain HTTP, anonymous without a login. */
  readonly target?: GenericTarget | undefined;
}

/** What the functions need of AWS, played on this machine, and the variables by which each finds it. */
export interface Services {
  readonly sqs: RunningSqs;
  readonly live: LocalQueue;
  readonly backfill: LocalQueue;
  readonly deadLetters: LocalQueue;
  readonly long: LocalQueue;
  readonly undelivered: LocalQueue;
  /** Event source mappings by their UUIDs: to be filled where they are started. */
  readonly mappings: Map<string, MappedQueue>;
  readonly lambdaEndpoint: string;
  /** The long lane's project. */
  readonly builds: RunningCodeBuild;
  readonly variables: {
    readonly [name in "fan-out" | "copy" | "probe" | "reconcile"]: Readonly<Record<string, string>>;
  };
}

const DESTINATION = "local";
const STACK = { stack: "freightliner", region: LOCAL_REGION };
/** What logs in to a generic target. */
const LOGIN_SECRET = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:login-AbCdEf`;
const TABLE = "freightliner-state";
/** UUIDs of the event source mappings. */
export const MAPPINGS = { live: "live-mapping", backfill: "backfill-mapping" } as const;
/** What a killed build makes its message wait: somebody is watching. */
const LONG_VISIBILITY_SECONDS = 6;
/** What CodeBuild sets in every build (user guide, "Environment variables in build environments"), beside a role's credentials. */
const BUILD_VARIABLES = {
  AWS_REGION: LOCAL_REGION,
  AWS_DEFAULT_REGION: LOCAL_REGION,
};
/** Copies of a backfill at once. */
export const BACKFILL_CONCURRENCY = 2;
/** How often both sides are compared, in minutes, and what is too young for that, in seconds: somebody is watching. */
const RECONCILE_MINUTES = 1;
const GRACE_SECONDS = 3;

/** Starts the emulators; `stack` closes what was started. */
export async function startServices(
  registries: Registries,
  options: ServicesOptions,
  stack: AsyncDisposableStack,
): Promise<Services> {
  const { directory, key } = options;
  const dynamo = await startDynamoDb(directory && join(directory, "table"), key);
  stack.defer(() => dynamo.close());
  await createStateTable(dynamo.endpoint, TABLE, key);
  const sqs = await startSqs(directory && join(directory, "queues"), key);
  stack.defer(() => sqs.close());
  const queues = createQueues(sqs, options.timeoutSeconds);
  const mappings = new Map<string, MappedQueue>();
  const variables = new Map<string, Readonly<Record<string, string>>>();
  const lambda = await startLambdaApi({ mappings, variables }, key);
  stack.defer(() => lambda.close());
  const builds = await startCodeBuild({
    project: resourceName("build", "long-lane", STACK),
    entry: new URL("../../functions/copy/long-lane.ts", import.meta.url),
    environment: () => ({ ...BUILD_VARIABLES, ...variables.get(resourceName("function", "copy", STACK)) }),
    key,
    onLog: (line) => options.onLog?.("copy", line),
  });
  stack.defer(() => builds.close());
  const lambdaEndpoint = `http://${lambda.host}`;
  const endpoints = {
    ...keyVariables(key),
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_ECR: registries.source.ecrEndpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambdaEndpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await startSecrets(options, stack),
    AWS_ENDPOINT_URL_CODEBUILD: builds.endpoint,
  };
  const own = variablesOf(registries, queues, options);
  variables.set(resourceName("function", "copy", STACK), { ...own.copy, ...endpoints });
  return {
    sqs,
    ...queues,
    mappings,
    lambdaEndpoint,
    builds,
    variables: {
      "fan-out": { ...own.fanOut, ...endpoints },
      copy: { ...own.copy, ...endpoints },
      probe: { ...own.watching, ...endpoints },
      reconcile: { ...own.watching, ...endpoints },
    },
  };
}

/** Keeps what logs in to a generic target. @returns the endpoint. */
async function startSecrets({ target, key }: ServicesOptions, stack: AsyncDisposableStack): Promise<string> {
  const { login } = target ?? {};
  const secrets = await startSecretsManager(new Map(login && [[LOGIN_SECRET, JSON.stringify(login)]]), key);
  stack.defer(() => secrets.close());
  return `http://${secrets.host}`;
}

type Queues = Readonly<Record<"live" | "backfill" | "long" | "deadLetters" | "undelivered", LocalQueue>>;

function createQueues(sqs: RunningSqs, timeoutSeconds: number): Queues {
  const named = queuesOf({
    stack: STACK.stack,
    source: { account: LOCAL_ACCOUNT, region: LOCAL_REGION },
    destinations: [{ name: DESTINATION }],
    longLane: true,
  });
  const deadLetters = sqs.createQueue(named.deadLetters.name, {});
  const attributes = {
    VisibilityTimeout: String(visibilitySeconds(timeoutSeconds)),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: COPY_MAX_RECEIVE_COUNT }),
  };
  const [live, backfill, long] = named.copies.map(({ name }) => sqs.createQueue(name, attributes));
  if (live === undefined || backfill === undefined || long === undefined)
    throw new Error(`${DESTINATION} has no queues`);
  const undelivered = sqs.createQueue(resourceName("queue", "undelivered-events", STACK), {});
  return { deadLetters, undelivered, live, backfill, long };
}

function variablesOf(registries: Registries, { live }: Queues, options: ServicesOptions) {
  const fanOut = {
    FREIGHTLINER_CONFIGURATION: JSON.stringify(configurationOf(registries, options)),
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

function configurationOf(
  { source, target }: Registries,
  { target: elsewhere, federation = FEDERATION }: ServicesOptions,
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
