import { SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";

/** Maximum size of body and attributes together, in bytes (Amazon SQS API reference, SendMessage: "1 MiB or 1,048,576 bytes"). */
const MOST_BYTES = 1_048_576;
/** Amazon SQS developer guide, "Amazon SQS message metadata": a message can have up to 10 attributes. */
const MOST_ATTRIBUTES = 10;
/** Characters allowed in a body and in the value of an attribute (SendMessage, MessageBody; MessageAttributeValue, StringValue). */
const ALLOWED = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u;
/** "Amazon SQS message metadata": letters, digits, `_`, `-` and `.`, 256 at most, no period at an end or beside another. */
const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.)(?=.{1,256}$)[\w-]+(?:\.[\w-]+)*$/i;

const SendMessage = z.object({
  QueueUrl: z.url(),
  MessageBody: z.string(),
  MessageAttributes: z
    .record(z.string(), z.object({ DataType: z.literal("String"), StringValue: z.string() }))
    .default({}),
});
type SendMessage = z.infer<typeof SendMessage>;

/** Why SQS would refuse a message, or undefined. */
function problemOf({ MessageBody: body, MessageAttributes }: SendMessage): string | undefined {
  const attributes = Object.entries(MessageAttributes);
  if (!ALLOWED.test(body)) return "InvalidMessageContents: the body is empty, or holds characters outside of the set";
  if (attributes.length > MOST_ATTRIBUTES) return `InvalidParameterValue: ${attributes.length} attributes`;
  for (const [name, { StringValue: value }] of attributes) {
    if (!ATTRIBUTE_NAME.test(name)) return `InvalidParameterValue: an attribute is named ${name}`;
    if (!ALLOWED.test(value)) return `InvalidParameterValue: attribute ${name} holds ${JSON.stringify(value)}`;
  }
  const parts = [body, ...attributes.flatMap(([name, { DataType, StringValue }]) => [name, DataType, StringValue])];
  const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  return bytes > MOST_BYTES ? `InvalidParameterValue: ${bytes} bytes` : undefined;
}

export interface DeadLetters {
  /** A client of a queue that accepts what SQS accepts. */
  readonly client: SQSClient;
  /** The accepted messages. */
  readonly taken: SendMessage[];
  /** Why the other messages were refused. */
  readonly refused: string[];
}

/** The limits that SendMessage of Amazon SQS has for a dead letter. Nothing is sent: a middleware answers the client. */
export function createDeadLetters(): DeadLetters {
  const taken: SendMessage[] = [];
  const refused: string[] = [];
  const client = new SQSClient({ region: "us-east-1" });
  client.middlewareStack.add(
    () => (sent) => {
      const message = SendMessage.parse(sent.input);
      const problem = problemOf(message);
      if (problem === undefined) taken.push(message);
      else refused.push(problem);
      return problem === undefined
        ? Promise.resolve({ output: { $metadata: {} }, response: {} })
        : Promise.reject(new Error(problem));
    },
    { step: "initialize", priority: "high" },
  );
  return { client, taken, refused };
}
