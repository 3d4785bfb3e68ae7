import type { Problem } from "../../src/api/protocol/problem.ts";

/** The API refused a request, or did not answer. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** HTTP status of the answer; undefined: there was none. */
  readonly status: number | undefined;

  constructor(message: string, given: { readonly status?: number; readonly cause?: unknown }) {
    super(message, { cause: given.cause });
    this.status = given.status;
  }
}

/** What to show of a failure. */
export const problemOf = (error: unknown): string =>
  error instanceof ApiFailure ? error.message : "the console failed; load it again";

/** The HTTP status of a failure; undefined where there was no answer. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiFailure ? error.status : undefined;

/** A request that takes longer is given up, in milliseconds. */
const PATIENCE_MS = 30_000;

/** The JSON that a path of the API answers. @throws {ApiFailure} with what to show. */
export async function get<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  return send<Answer>(path, {}, signal);
}

/** Asks the API to do something. @throws {ApiFailure} */
export async function post<Answer>(path: string, body: object, signal: AbortSignal): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return send<Answer>(path, { method: "POST", headers, body: JSON.stringify(body) }, signal);
}

async function send<Answer>(path: string, options: RequestInit, signal: AbortSignal): Promise<Answer> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const response = await fetch(path, { ...options, signal: until }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new ApiFailure("Freightliner does not answer; it is not running, or is being started again", { cause });
  });
  if (!response.ok) throw new ApiFailure(await detailOf(response), { status: response.status });
  // The console is built from the schemas of the API that serves it.
  const answer: Answer = await response.json();
  return answer;
}

async function detailOf(response: Response): Promise<string> {
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  return problem.detail ?? `the API answered ${response.status}`;
}
