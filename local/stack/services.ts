import { join } from "node:path";
import { resourceName } from "../../src/contract/stack/names.ts";
import { keyVariables } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { LOCAL_REGION } from "../access/local-aws.ts";
import { startCodeBuild } from "../emulators/codebuild-api.ts";
import type { RunningCodeBuild } from "../emulators/codebuild-api.ts";
import { startDynamoDb } from "../emulators/dynamodb.ts";
import { createStateTable } from "../emulators/state-table.ts";
import { startKms } from "../emulators/kms-api.ts";
import { openNotificationEvents } from "../events/notification-events.ts";
import { startPutEvents } from "../emulators/put-events.ts";
import type { PutEvent } from "../emulators/put-events.ts";
import { startScheduler } from "../emulators/scheduler-api.ts";
import { startSecretsManager } from "../emulators/secrets-manager.ts";
import { startSqs } from "../emulators/sqs.ts";
import type { RunningSqs } from "../emulators/sqs.ts";
import type { AsynchronousInvocation } from "../lambda/asynchronous-invocation.ts";
import type { LocalFunction } from "../lambda/function.ts";
import { startLambdaApi } from "../lambda/lambda-api.ts";
import type { MappedQueue } from "../lambda/lambda-api.ts";
import type { LocalConfiguration } from "../configuration/local-configuration.ts";
import {
  CHANNEL_SECRET,
  JOB_SCHEDULING,
  LOGIN_SECRET,
  RECEIPT_KEY,
  STACK,
  TABLE,
  WEBHOOK_SECRET,
} from "./local-names.ts";
import { variablesOf } from "./function-variables.ts";
import type { FunctionSettings } from "./function-variables.ts";
import { createQueues } from "./queues.ts";
import type { Queues } from "./queues.ts";
import type { Registries } from "./registries.ts";

export interface ServicesOptions extends FunctionSettings {
  /** The key that the services accept; the functions get it. */
  readonly key: AccessKeyId;
  /** Where tables and queues are stored; in memory when undefined. */
  readonly directory: string | undefined;
  readonly configuration: LocalConfiguration;
  readonly timeoutSeconds: number;
  /** Receives each line of a build's log, under the name of the copy function. */
  readonly onLog?: ((functionName: string, line: string) => void) | undefined;
  /** Receives each event about a push. Without it, no function reads the queue of announcements. */
  readonly onEvent?: ((event: PutEvent) => void) | undefined;
}

/** Emulators of the AWS services, and the environment variables by which each function finds them. */
export interface Services extends Queues {
  readonly sqs: RunningSqs;
  /** Event source mappings by UUID; filled when the mappings are started. */
  readonly mappings: Map<string, MappedQueue>;
  /** Functions that others invoke by the Lambda API and wait for; filled when they are started. */
  readonly invocable: Map<string, LocalFunction["invoke"]>;
  /** Functions that others invoke by the Lambda API; filled when they are started. */
  readonly invocations: Map<string, AsynchronousInvocation["accept"]>;
  readonly lambdaEndpoint: string;
  /** The CodeBuild project of the long lane. */
  readonly builds: RunningCodeBuild;
  readonly variables: {
    readonly [
      name in
        | "fan-out"
        | "copy"
        | "probe"
        | "reconcile"
        | "arrivals"
        | "canary"
        | "seal"
        | "announce"
        | "notify"
        | "api"
        | "jobs"
        | "inspect"
    ]: Readonly<Record<string, string>>;
  };
}

/** What CodeBuild sets in every build (user guide, "Environment variables in build environments"). */
const BUILD_VARIABLES = {
  AWS_REGION: LOCAL_REGION,
  AWS_DEFAULT_REGION: LOCAL_REGION,
};

/** Starts the emulators; `stack` closes them. */
export async function startServices(
  registries: Registries,
  options: ServicesOptions,
  stack: AsyncDisposableStack,
): Promise<Services> {
  const { configuration, directory, key } = options;
  const dynamo = await startDynamoDb(directory && join(directory, "table"), key);
  stack.defer(() => dynamo.close());
  await createStateTable(dynamo.endpoint, TABLE, key);
  const sqs = await startSqs(directory && join(directory, "queues"), key);
  stack.defer(() => sqs.close());
  const queues = createQueues(sqs, options.timeoutSeconds);
  const mappings = new Map<string, MappedQueue>();
  const variables = new Map<string, Readonly<Record<string, string>>>();
  const invocations: Services["invocations"] = new Map();
  const invocable: Services["invocable"] = new Map();
  const lambda = await startLambdaApi({ mappings, variables, functions: invocable, invocations }, key);
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
    AWS_ENDPOINT_URL_KMS: await startReceiptKey(options, stack),
    AWS_ENDPOINT_URL_EVENTBRIDGE: await startEvents(options, { sqs, ...queues }, stack),
    AWS_ENDPOINT_URL_SCHEDULER: await startJobSchedules(options, invocable, stack),
  };
  const own = variablesOf(configuration, registries, queues, options);
  for (const name of ["copy", "seal", "jobs"] as const)
    variables.set(resourceName("function", name, STACK), { ...own[name], ...endpoints });
  const found = { mappings, invocable, invocations, lambdaEndpoint };
  return { sqs, ...queues, ...found, builds, variables: withEndpoints(own, endpoints) };
}

function withEndpoints(
  {
    fanOut,
    copy,
    watching,
    arrivals,
    canary,
    seal,
    announce,
    notify,
    api,
    jobs,
    inspect,
  }: ReturnType<typeof variablesOf>,
  endpoints: Readonly<Record<string, string>>,
): Services["variables"] {
  return {
    "fan-out": { ...fanOut, ...endpoints },
    copy: { ...copy, ...endpoints },
    probe: { ...watching, ...endpoints },
    reconcile: { ...watching, ...endpoints },
    arrivals: { ...arrivals, ...endpoints },
    canary: { ...canary, ...endpoints },
    seal: { ...seal, ...endpoints },
    announce: { ...announce, ...endpoints },
    notify: { ...notify, ...endpoints },
    api: { ...api, ...endpoints },
    jobs: { ...jobs, ...endpoints },
    inspect: { ...inspect, ...endpoints },
  };
}

/** Starts KMS with the key that signs receipts. @returns its endpoint. */
async function startReceiptKey({ directory, key }: ServicesOptions, stack: AsyncDisposableStack): Promise<string> {
  const kms = await startKms(RECEIPT_KEY, directory && join(directory, "receipt-key.pem"), key);
  stack.defer(() => kms.close());
  return `http://${kms.host}`;
}

/** Starts Secrets Manager with the login of a generic target, the secret of a webhook and the URL of a channel, if there are any. @returns its endpoint. */
async function startSecrets(
  { target, source, notify, key }: ServicesOptions,
  stack: AsyncDisposableStack,
): Promise<string> {
  const known = new Map<string, string>();
  if (target?.login !== undefined) known.set(LOGIN_SECRET, JSON.stringify(target.login));
  if (source?.secret !== undefined) known.set(WEBHOOK_SECRET, source.secret);
  if (notify !== undefined) known.set(CHANNEL_SECRET, notify);
  const secrets = await startSecretsManager(known, key);
  stack.defer(() => secrets.close());
  return `http://${secrets.host}`;
}

/** Starts the schedules of jobs. @returns the endpoint of EventBridge Scheduler. */
async function startJobSchedules(
  { key }: ServicesOptions,
  invocable: Services["invocable"],
  stack: AsyncDisposableStack,
): Promise<string> {
  const invoke = (arn: string, input: unknown): void =>
    void invocable.get(arn.slice(arn.lastIndexOf(":") + 1))?.(input);
  const scheduler = await startScheduler({ group: JOB_SCHEDULING.group, invoke, key });
  stack.defer(() => scheduler.close());
  return `http://${scheduler.host}`;
}

/** Starts the event bus for events about pushes. @returns its endpoint. */
async function startEvents(
  { key, notify, onEvent }: ServicesOptions,
  { sqs, notifications }: Pick<Services, "sqs" | "notifications">,
  stack: AsyncDisposableStack,
): Promise<string> {
  const told = notify === undefined ? undefined : stack.use(openNotificationEvents(sqs.endpoint, notifications, key));
  const bus = await startPutEvents(key, (event) => {
    told?.put(event);
    onEvent?.(event);
  });
  stack.defer(() => bus.close());
  return bus.endpoint;
}
