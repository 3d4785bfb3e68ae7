/** What a function's thread is told: one invocation. */
export interface InvocationMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** Epoch milliseconds at which Lambda would kill it. */
  readonly deadline: number;
}

/** What a function's thread says: ready for a first invocation, or how one ended. */
export type ThreadMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "failed"; readonly errorType: string; readonly errorMessage: string };

/** What a thread is made with. */
export interface ThreadData {
  /** URL of the module that exports `handler`. */
  readonly entry: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMegabytes: number;
}
