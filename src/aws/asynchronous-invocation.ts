import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";

/**
 * Invokes a function without waiting for its result: Lambda queues the event, retries it, and sends it to the function's destination for
 * failures (AWS Lambda developer guide, "Invoking a Lambda function asynchronously"). @throws when Lambda does not accept it.
 */
export function createAsynchronousInvocation(
  client: LambdaClient,
  functionName: string,
): (event: unknown, signal: AbortSignal) => Promise<void> {
  return async (event, signal) => {
    const command = new InvokeCommand({
      FunctionName: functionName,
      InvocationType: "Event",
      Payload: new TextEncoder().encode(JSON.stringify(event)),
    });
    await client.send(command, { abortSignal: signal });
  };
}
