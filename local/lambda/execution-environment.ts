import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { LOCAL_ACCOUNT, LOCAL_CREDENTIALS, LOCAL_REGION } from "../access/local-aws.ts";
import type { InvocationMessage, ThreadData, ThreadMessage } from "./thread-messages.ts";

/** A function as it is deployed. */
export interface FunctionDefinition {
  readonly name: string;
  /** The module that exports `handler`. */
  readonly entry: URL;
  /** Its environment variables, in addition to those that Lambda sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Time after which an invocation is killed. */
  readonly timeoutMs: number;
  /** Receives each line of the function's log. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** How an invocation ended. */
export type InvocationResult =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "failed"; readonly errorType: string; readonly errorMessage: string }
  | { readonly kind: "timed-out" };

/** Runs one invocation at a time and stays warm between them. */
export interface ExecutionEnvironment {
  /** False after it was killed or has crashed. */
  readonly isAlive: () => boolean;
  invoke(event: unknown): Promise<InvocationResult>;
  /** Terminates it at once, without cleanup. */
  kill(): Promise<void>;
}

const MEMORY_MEGABYTES = 1_769;

/**
 * A Lambda execution environment as a worker thread: it has its own variables, is reused while warm, and is killed at its
 * time limit, whatever it is doing (AWS Lambda developer guide, "Execution environment lifecycle").
 */
export function startExecutionEnvironment(definition: FunctionDefinition): ExecutionEnvironment {
  const workerData: ThreadData = {
    entry: definition.entry.href,
    functionName: definition.name,
    functionArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${definition.name}`,
    memoryMegabytes: MEMORY_MEGABYTES,
  };
  const worker = new Worker(new URL("./worker-thread.ts", import.meta.url), {
    workerData,
    env: { ...lambdaVariables(definition.name), ...definition.environment },
    stdout: true,
    stderr: true,
  });
  let alive = true;
  let crash: Error | undefined;
  worker.on("error", (error) => {
    crash = error instanceof Error ? error : new Error(String(error));
  });
  worker.on("exit", () => {
    alive = false;
  });
  for (const stream of [worker.stdout, worker.stderr]) readLines(stream, definition.onLog);
  const ready = firstMessage(worker);
  ready.catch(() => undefined);

  return {
    isAlive: () => alive,
    async invoke(event) {
      const started = await ready.catch((error: unknown) => crashed(error));
      if (started.kind === "failed") return started;
      const message: InvocationMessage = {
        requestId: randomUUID(),
        event,
        deadline: Date.now() + definition.timeoutMs,
      };
      const ended = firstMessage(worker).catch((error: unknown) => crashed(crash ?? error));
      worker.postMessage(message);
      return within(ended, definition.timeoutMs, async () => {
        alive = false;
        await worker.terminate();
      });
    },
    async kill() {
      alive = false;
      await worker.terminate();
    },
  };
}

/** Waits for the end of an invocation and kills it at its time limit. */
async function within(
  ended: Promise<ThreadMessage>,
  timeoutMs: number,
  kill: () => Promise<void>,
): Promise<InvocationResult> {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    void kill();
  }, timeoutMs);
  const result = await ended;
  clearTimeout(timer);
  if (isOver) return { kind: "timed-out" };
  return result.kind === "ready"
    ? { kind: "failed", errorType: "Runtime.Protocol", errorMessage: "ready twice" }
    : result;
}

/** The thread's next message; rejects when it ends first. */
function firstMessage(worker: Worker): Promise<ThreadMessage> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ThreadMessage): void => settle(() => resolve(message));
    const onExit = (code: number): void => settle(() => reject(new Error(`exited with code ${code}`)));
    const settle = (end: () => void): void => {
      worker.off("message", onMessage);
      worker.off("exit", onExit);
      end();
    };
    worker.on("message", onMessage);
    worker.on("exit", onExit);
  });
}

function crashed(error: unknown): ThreadMessage & { kind: "failed" } {
  const errorMessage = error instanceof Error ? error.message : String(error);
  return { kind: "failed", errorType: "Runtime.ExitError", errorMessage };
}

function readLines(stream: Readable, onLog: ((line: string) => void) | undefined): void {
  createInterface({ input: stream }).on("line", (line) => onLog?.(line));
}

/** What Lambda sets in every environment ("Defined runtime environment variables"). */
function lambdaVariables(name: string): Record<string, string> {
  return {
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MEMORY_MEGABYTES),
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    NODE_OPTIONS: "",
    TZ: ":UTC",
  };
}
