import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../aws/client/until-aborted.ts";
import { clientLimits } from "../aws/client/client-limits.ts";
import { createDeadLetters } from "../aws/sqs/dead-letters.ts";
import type { DeadLetters } from "../aws/sqs/dead-letters.ts";
import { readReceipts } from "../aws/dynamodb/receipts.ts";
import { listRecords } from "../aws/dynamodb/list-records.ts";
import type { Configuration } from "../contract/configuration/configuration.ts";
import { CopyEnvironment } from "../contract/stack/environment.ts";
import { resourceName } from "../contract/stack/names.ts";
import type { CopyQueue } from "../contract/stack/queues.ts";
import { TagRecord } from "../replication/state/tag-record.ts";
import { openDeployment } from "./open-deployment.ts";
import { openStateStores, openTableClient } from "./state-stores.ts";

/** How to reach AWS; of an emulator also where it is and who to be there. */
export interface CloudAccess {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Messages of a queue by where they stand; about so many. */
export interface QueueDepth {
  readonly waiting: number;
  readonly inFlight: number;
}

/** The stack cannot be found or looked into; the message says what to check. */
export class NoStackError extends Error {
  override readonly name = "NoStackError";
}

/** A deployed stack as its operator needs it. */
export interface Operations extends AsyncDisposable {
  /** Ends everything that is asked of the stack. */
  readonly signal: AbortSignal;
  readonly configuration: Configuration;
  readonly queues: readonly CopyQueue[];
  readonly stores: ReturnType<typeof openStateStores>;
  readonly deadLetters: DeadLetters;
  readonly tags: () => ReturnType<typeof listRecords<TagRecord>>;
  readonly receipts: (record: string, most: number) => ReturnType<typeof readReceipts>;
  readonly depth: (url: string) => Promise<QueueDepth>;
  readonly deadLettersUrl: string;
}

/**
 * Opens a stack by its name: what it consists of is read from the variables of its copy function. The signal ends everything that is asked
 * of it, also later.
 * @throws {NoStackError} when there is no such function, or it may not be looked at.
 */
export async function openOperations(stack: string, access: CloudAccess, signal: AbortSignal): Promise<Operations> {
  const variables = await variablesOf(stack, access, signal);
  const environment = CopyEnvironment.parse(variables);
  const { configuration, queues } = await openDeployment(environment);
  const at = (service: string) => {
    const endpoint = access.endpoint === undefined ? undefined : variables[`AWS_ENDPOINT_URL_${service}`];
    return { ...access, ...(endpoint === undefined ? {} : { endpoint }) };
  };
  const sqs = new SQSClient({ ...clientLimits(), ...at("SQS"), useQueueUrlAsEndpoint: false });
  const client = openTableClient(at("DYNAMODB"));
  const table = environment.FREIGHTLINER_TABLE;
  return {
    signal,
    configuration,
    queues: queues.copies,
    stores: openStateStores(client, table),
    deadLetters: createDeadLetters(sqs, queues.deadLetters.url),
    deadLettersUrl: queues.deadLetters.url,
    tags: () => listRecords({ client, table }, "TAG", TagRecord, signal),
    receipts: (record, most) => readReceipts({ client, table }, record, most, signal),
    depth: (url) => depthOf(sqs, url, signal),
    [Symbol.asyncDispose]() {
      sqs.destroy();
      client.destroy();
      return Promise.resolve();
    },
  };
}

async function variablesOf(stack: string, access: CloudAccess, signal: AbortSignal): Promise<Record<string, string>> {
  const lambda = new LambdaClient({ ...clientLimits(), ...access });
  const region = await lambda.config.region().catch((cause: unknown) => {
    throw new NoStackError("no region is known; set AWS_REGION to the stack's", { cause });
  });
  const name = resourceName("function", "copy", { stack, region });
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name });
    const { Environment } = await lambda.send(command, { abortSignal: signal });
    return Environment?.Variables ?? {};
  } catch (cause) {
    throw new NoStackError(
      `the function ${name} cannot be looked at; check --stack, AWS_REGION, and that you may call lambda:GetFunctionConfiguration`,
      { cause },
    );
  } finally {
    lambda.destroy();
  }
}

async function depthOf(client: SQSClient, QueueUrl: string, signal: AbortSignal): Promise<QueueDepth> {
  const AttributeNames = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
  ] as const;
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
  const { Attributes = {} } = await untilAborted(signal, (options) => client.send(command, options));
  const [visible, hidden, delayed] = AttributeNames.map((name) => Number(Attributes[name] ?? 0));
  return { waiting: (visible ?? 0) + (delayed ?? 0), inFlight: hidden ?? 0 };
}
