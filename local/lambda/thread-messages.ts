/** To the thread: one invocation. */
export interface InvocationMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** Epoch milliseconds at which Lambda would kill it. */
  readonly deadline: number;
}

/** From the thread: it is ready for the first invocation, or how an invocation ended. */
export type ThreadMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "failed"; readonly errorType: string; readonly errorMessage: string };

/** The `workerData` of a thread. */
export interface ThreadData {
  /** URL of the module that exports `handler`. */
  readonly entry: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMegabytes: number;
}
