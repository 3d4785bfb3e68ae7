import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { InvocationResult } from "./execution-environment.ts";

/**
 * What Lambda sends to the destination of a function that failed for good (AWS Lambda developer guide, "Capturing records of Lambda
 * asynchronous invocations", "Example execution record").
 */
export interface FailureRecord {
  readonly version: "1.0";
  /** ISO 8601. */
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    /** With its version. */
    readonly functionArn: string;
    readonly condition: "RetriesExhausted";
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: unknown;
  readonly responseContext: {
    readonly statusCode: 200;
    readonly executedVersion: "$LATEST";
    readonly functionError: "Unhandled";
  };
  readonly responsePayload: { readonly errorType: string; readonly errorMessage: string };
}

export interface AsynchronousInvocationOptions {
  readonly functionArn: string;
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  /**
   * The wait before each retry, in milliseconds; there are as many retries as waits. Lambda's are one minute and two (AWS Lambda
   * developer guide, "Error handling for asynchronous invocation").
   */
  readonly pausesMs: readonly number[];
  /** The function's destination for failures. */
  readonly onFailure: (record: FailureRecord) => Promise<void>;
}

/** Lambda's answer to an invocation of the type `Event`: 202 when it has the event, whatever the function does with it later. */
export type Acceptance =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly code: "THROTTLING" | "NO_RESOURCE"; readonly problem: string };

export interface AsynchronousInvocation {
  readonly accept: (event: unknown) => Acceptance;
  /** Accepts no more events, and drops the retries that wait. */
  close(): Promise<void>;
}

/** Invokes a function for callers that do not wait for its result: EventBridge and SNS. */
export function createAsynchronousInvocation(options: AsynchronousInvocationOptions): AsynchronousInvocation {
  const closed = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    accept(event) {
      if (closed.signal.aborted) return { kind: "refused", code: "NO_RESOURCE", problem: "the function was removed" };
      const invoking = invokePatiently(event, options, closed.signal).finally(() => running.delete(invoking));
      running.add(invoking);
      return { kind: "accepted" };
    },
    async close() {
      closed.abort();
      await Promise.all(running);
    },
  };
}

async function invokePatiently(
  event: unknown,
  { functionArn, invoke, pausesMs, onFailure }: AsynchronousInvocationOptions,
  closed: AbortSignal,
): Promise<void> {
  const requestId = randomUUID();
  for (let invocations = 1; !closed.aborted; invocations++) {
    const result = await invoke(event);
    if (result.kind === "returned") return;
    const pauseMs = pausesMs[invocations - 1];
    if (pauseMs === undefined) {
      return onFailure({
        version: "1.0",
        timestamp: new Date().toISOString(),
        requestContext: {
          requestId,
          functionArn: `${functionArn}:$LATEST`,
          condition: "RetriesExhausted",
          approximateInvokeCount: invocations,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
        responsePayload: errorOf(result),
      });
    }
    await sleep(pauseMs, undefined, { signal: closed }).catch(() => undefined);
  }
}

function errorOf(result: Exclude<InvocationResult, { kind: "returned" }>): FailureRecord["responsePayload"] {
  if (result.kind === "timed-out") return { errorType: "Sandbox.Timedout", errorMessage: "the function timed out" };
  return { errorType: result.errorType, errorMessage: result.errorMessage };
}
