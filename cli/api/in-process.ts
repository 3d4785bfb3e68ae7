import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { createApi } from "../../src/api/create-api.ts";
import type { ApiPorts } from "../../src/api/protocol/api-ports.ts";
import type { Api } from "../../src/api/protocol/api-environment.ts";
import { ApiError } from "../../src/api/protocol/problem.ts";
import { openJobs } from "../../src/wiring/operations/open-jobs.ts";
import type { Jobs } from "../../src/wiring/operations/open-jobs.ts";
import { openOperations, StackUnavailableError } from "../../src/wiring/operations/open-operations.ts";
import { createStatusCache } from "../../src/wiring/operations/status-cache.ts";
import type { StackOptions } from "../stack/stack-options.ts";

/** What the command decides about the API in its process. */
export type OwnPorts = Pick<ApiPorts, "configuration" | "audit" | "failed">;

/**
 * The API of a stack in this process: the same code as at its address, with the caller's own permissions in AWS.
 * @throws {StackUnavailableError} when the stack cannot be read.
 */
export async function openApiInProcess(
  { stack, access }: StackOptions,
  own: OwnPorts,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly fetch: Api["fetch"] }> {
  await using opening = new AsyncDisposableStack();
  const operations = opening.use(await openOperations(stack, access, signal));
  let jobs: Promise<Jobs | undefined> | undefined;
  opening.defer(async () => (await jobs)?.[Symbol.asyncDispose]());
  const { username } = userInfo();
  const api = createApi({
    ...own,
    operations,
    // Most commands do not ask for jobs: those send no request for them.
    jobs: () => (jobs ??= unlessUnavailable(openJobs(stack, access, signal))),
    status: createStatusCache(operations, Date.now),
    receiptKey: async () => {
      const { readReceiptKey } = await import("../../src/wiring/operations/receipt-key.ts");
      return unlessUnavailable(readReceiptKey(stack, access, signal));
    },
    callerOf: () => ({ name: username, requestId: randomUUID() }),
    role: "operator",
    origins: [],
    now: Date.now,
  });
  const opened = opening.move();
  return { fetch: api.fetch, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** What is off by default: undefined in a stack without it. */
async function unlessUnavailable<Part>(opening: Promise<Part>): Promise<Part | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof StackUnavailableError) return undefined;
    throw error;
  }
}

/** The command has no configuration unless it is given a file. */
export function noConfiguration(): Promise<never> {
  return Promise.reject(new ApiError(404, "start the console with --config FILE to see the rules of the stack"));
}
