import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { clientLimits } from "../../aws/client/client-limits.ts";
import { createDeadLetterQueue } from "../../aws/sqs/dead-letter-queue.ts";
import type { DeadLetterQueue } from "../../aws/sqs/dead-letter-queue.ts";
import { createTableClock } from "../../aws/dynamodb/table-clock.ts";
import { invokeFunction } from "../../aws/synchronous-invocation.ts";
import { queueDepth } from "../../aws/sqs/queue-depth.ts";
import type { QueueDepth } from "../../aws/sqs/queue-depth.ts";
import { createDynamoDbPendingPushes } from "../../aws/dynamodb/pending-pushes.ts";
import { listAcceptedReceipts, listEndedReceipts, readReceipts } from "../../aws/dynamodb/receipts.ts";
import { listRecords } from "../../aws/dynamodb/list-records.ts";
import { createSealedReader } from "../../aws/dynamodb/sealed-reader.ts";
import { StoredTagRecord } from "../../aws/dynamodb/stored-tag-record.ts";
import { CopyEnvironment } from "../../contract/stack/environment.ts";
import { resourceName } from "../../contract/stack/names.ts";
import type { FunctionName } from "../../contract/stack/names.ts";
import type { CopyQueue } from "../../contract/stack/queues.ts";
import type { StackParts } from "../../contract/stack/stack-parts.ts";
import { DeletionRecord } from "../../replication/deletes/deletion-record.ts";
import type { PendingPushes } from "../../replication/pending/pending-push.ts";
import type { SealedReader } from "../../replication/proof/export-receipts.ts";
import type { TagRecord } from "../../replication/state/tag-record.ts";
import { openDeployment } from "./open-deployment.ts";
import { openStateStores, openTableClient } from "./state-stores.ts";

/** A function that is invoked may take this long to answer, in milliseconds. */
const INVOCATION_MS = 120_000;

/** How to reach AWS. Endpoint and credentials are set for an emulator only. */
export interface CloudAccess {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The stack cannot be found or read; the message says what to check. */
export class StackUnavailableError extends Error {
  override readonly name = "StackUnavailableError";
}

/** Access of an operator to a deployed stack. */
export interface Operations extends AsyncDisposable {
  /** Aborts all requests to the stack. */
  readonly signal: AbortSignal;
  /** Its name. */
  readonly stack: string;
  readonly parts: StackParts;
  /** The variables of the copy function. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** How to reach a service of AWS, by its name in `AWS_ENDPOINT_URL_<NAME>`. */
  readonly aws: (service: string) => CloudAccess;
  readonly queues: readonly CopyQueue[];
  readonly stores: ReturnType<typeof openStateStores>;
  readonly deadLetters: DeadLetterQueue;
  /** All records of tags, from a key on. */
  readonly tags: (after?: string) => ReturnType<typeof listRecords<TagRecord>>;
  readonly deletions: () => ReturnType<typeof listRecords<DeletionRecord>>;
  readonly receipts: (record: string, most: number) => ReturnType<typeof readReceipts>;
  /** The receipts of all accepted pushes. */
  readonly acceptedReceipts: () => ReturnType<typeof listAcceptedReceipts>;
  /** The receipts of all requests that ended from a time on; epoch milliseconds. */
  readonly endedReceipts: (from: number) => ReturnType<typeof listEndedReceipts>;
  /** Chains of receipts. */
  readonly sealed: SealedReader;
  readonly depth: (url: string) => Promise<QueueDepth>;
  readonly deadLettersUrl: string;
  /** The accepted pushes that have not ended. */
  readonly pending: PendingPushes;
  /** Invokes a function of the stack and waits for its result. */
  readonly invoke: (name: FunctionName, event: unknown) => Promise<unknown>;
  /** The time of AWS, in epoch milliseconds, as the last answer of the table had it. */
  readonly awsTime: () => number;
}

/**
 * Opens a stack by its name. Its parts and its table come from the environment variables of its copy function. The signal also aborts
 * later requests of the returned operations.
 * @throws {StackUnavailableError} when the function does not exist, or the caller may not read it.
 */
export async function openOperations(stack: string, access: CloudAccess, signal: AbortSignal): Promise<Operations> {
  const lambda = new LambdaClient({ ...clientLimits(INVOCATION_MS), ...access });
  try {
    const variables = await variablesOf({ stack, name: "copy" }, lambda, signal);
    return operationsOf(variables, access, signal);
  } finally {
    lambda.destroy();
  }
}

/** The operations of a stack whose copy function has these variables. */
export function operationsOf(
  variables: Readonly<Record<string, string | undefined>>,
  access: CloudAccess,
  signal: AbortSignal,
): Operations {
  const lambda = new LambdaClient({ ...clientLimits(INVOCATION_MS), ...access });
  const environment = CopyEnvironment.parse(variables);
  const { parts, queues, functionName } = openDeployment(environment);
  const at = (service: string): CloudAccess => {
    const endpoint = access.endpoint === undefined ? undefined : variables[`AWS_ENDPOINT_URL_${service}`];
    return { ...access, ...(endpoint === undefined ? {} : { endpoint }) };
  };
  const sqs = new SQSClient({ ...clientLimits(), ...at("SQS"), useQueueUrlAsEndpoint: false });
  const client = openTableClient(at("DYNAMODB"));
  const table = environment.FREIGHTLINER_TABLE;
  return {
    signal,
    stack: environment.FREIGHTLINER_STACK,
    parts,
    variables,
    aws: at,
    queues: queues.copies,
    stores: openStateStores(client, table),
    deadLetters: createDeadLetterQueue(sqs, queues.deadLetters.url),
    deadLettersUrl: queues.deadLetters.url,
    pending: createDynamoDbPendingPushes({ client, table }),
    tags: (after) => listRecords({ client, table }, { kind: "TAG", schema: StoredTagRecord, after }, signal),
    deletions: () => listRecords({ client, table }, { kind: "DELETION", schema: DeletionRecord }, signal),
    receipts: (record, most) => readReceipts({ client, table }, record, most, signal),
    acceptedReceipts: () => listAcceptedReceipts({ client, table }, signal),
    endedReceipts: (from) => listEndedReceipts({ client, table }, from, signal),
    sealed: createSealedReader({ client, table }, signal),
    depth: (url) => queueDepth(sqs, url, signal),
    invoke: (name, event) => invokeFunction(lambda, functionName(name), event, signal),
    awsTime: createTableClock(client),
    [Symbol.asyncDispose]() {
      lambda.destroy();
      sqs.destroy();
      client.destroy();
      return Promise.resolve();
    },
  };
}

/** The variables of one of the stack's functions. @throws {StackUnavailableError} */
export async function variablesOf(
  { stack, name: part }: { readonly stack: string; readonly name: FunctionName },
  lambda: LambdaClient,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const region = await lambda.config.region().catch(() => {
    throw new StackUnavailableError(
      "no region is set; set AWS_REGION to the region of the stack, or name a stack on this machine with --local URL, which `npm start` prints",
    );
  });
  const name = resourceName("function", part, { stack, region });
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name });
    const { Environment } = await lambda.send(command, { abortSignal: signal });
    return Environment?.Variables ?? {};
  } catch (cause) {
    const nothing = refusedAddress(cause);
    if (nothing !== undefined) throw new StackUnavailableError(nothing, { cause });
    throw new StackUnavailableError(
      `the function ${name} cannot be read; check --stack, AWS_REGION, and that you may call lambda:GetFunctionConfiguration`,
      { cause },
    );
  }
}

/** What a refused connection says of a stack on this machine: its port is another one after each start of it. */
function refusedAddress(cause: unknown): string | undefined {
  if (!(cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED")) return undefined;
  const at =
    "address" in cause && "port" in cause ? `${String(cause.address)}:${String(cause.port)}` : "the given address";
  return `nothing answers at ${at}; check that \`npm start\` runs, and use the URL that it printed: it changes at each start`;
}
