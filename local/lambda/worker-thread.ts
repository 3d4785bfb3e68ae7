import { parentPort, workerData } from "node:worker_threads";
import type { InvocationMessage, ThreadData, ThreadMessage } from "./thread-messages.ts";

// The inside of an execution environment: loads the function once, then invokes its handler with one event after another.

if (parentPort === null) throw new Error("this module runs as a worker thread only");
const port = parentPort;
const { entry, functionName, functionArn, memoryMegabytes }: ThreadData = workerData;

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

/** The context object of Lambda's Node runtime (AWS Lambda developer guide, "Node.js context"). */
function contextOf({ requestId, deadline }: InvocationMessage): object {
  return {
    awsRequestId: requestId,
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMegabytes),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

function say(message: ThreadMessage): void {
  port.postMessage(message);
}

const loaded: { handler?: unknown } = await import(entry);
const { handler } = loaded;
if (!isHandler(handler)) throw new Error(`${entry} exports no function named handler`);

port.on("message", (message: InvocationMessage) => {
  Promise.resolve()
    .then(() => handler(message.event, contextOf(message)))
    // As Lambda does: the answer is what JSON can carry.
    .then((value) => say({ kind: "returned", value: value === undefined ? null : JSON.parse(JSON.stringify(value)) }))
    .catch((error: unknown) => {
      const known = error instanceof Error ? error : new Error(String(error));
      say({ kind: "failed", errorType: known.name, errorMessage: known.message });
    });
});
say({ kind: "ready" });
