import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import * as z from "zod";

/** A function that was invoked, and failed. The message holds what Lambda says of it. */
export class FunctionFailedError extends Error {
  override readonly name = "FunctionFailedError";
}

const Failure = z.object({ errorMessage: z.string() });

/**
 * Invokes a function and waits for its result (AWS Lambda developer guide, "Invoking a Lambda function synchronously").
 * @throws {FunctionFailedError} when the function failed or ran out of time; errors of the SDK when Lambda does not invoke it.
 */
export async function invokeFunction(
  client: LambdaClient,
  functionName: string,
  event: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) });
  const { FunctionError, Payload } = await client.send(command, { abortSignal: signal });
  const result: unknown = Payload === undefined ? undefined : JSON.parse(Payload.transformToString() || "null");
  if (FunctionError === undefined) return result;
  const message = Failure.safeParse(result).data?.errorMessage ?? "without a message";
  throw new FunctionFailedError(`the function ${functionName} failed: ${message}`);
}
