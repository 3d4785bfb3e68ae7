import type * as z from "zod";
import { Problem } from "../../src/api/protocol/problem.ts";
import { ApiProblemError } from "../errors/api-problem-error.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";

/** A request to the API of a stack; `path` begins with `/api/`. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string | undefined;
}

/** The API of one stack, in this process or at its address. */
export interface StackApi extends AsyncDisposable {
  /** What messages call the stack: its name, or its address. */
  readonly name: string;
  readonly send: (request: ApiRequest) => Promise<Response>;
}

/** The answer to a GET. @throws {NotFoundError} | {UsageError} | {ApiProblemError} when there is none. */
export function read<Answer>(
  api: StackApi,
  { path, query = {} }: { readonly path: string; readonly query?: Readonly<Record<string, string | undefined>> },
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return ask(api, { method: "GET", path, query: Object.fromEntries(given), body: undefined }, schema);
}

/** The answer to a request that may change something. @throws as `read`. */
export function change<Answer>(
  api: StackApi,
  {
    method,
    path,
    query = {},
    body = {},
  }: {
    readonly method: "POST" | "PUT" | "DELETE";
    readonly path: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: object;
  },
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  return ask(api, { method, path, query, body: JSON.stringify(body) }, schema);
}

/** Whether the API refused a request because it does not fit the present state. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof ApiProblemError && error.cause.status === 409;
}

async function ask<Answer>(api: StackApi, request: ApiRequest, schema: z.ZodType<Answer>): Promise<Answer> {
  const response = await api.send(request);
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text, api.name);
  const answer = schema.safeParse(jsonOf(text));
  if (answer.success) return answer.data;
  const problem = `${api.name} did not answer ${request.path} as the API does; check the address, and that the stack has the version of this command`;
  throw new ApiProblemError(response.status, problem, { cause: answer.error });
}

function problemOf(status: number, text: string, name: string): Error {
  const parsed = Problem.safeParse(jsonOf(text));
  if (!parsed.success) return new ApiProblemError(status, withoutProblem(status, name));
  const { title, detail = title, errors = [] } = parsed.data;
  const fields = errors.map(({ field, message }) => `${field}: ${message}`);
  const problem = new ApiProblemError(status, fields.length === 0 ? detail : fields.join("; "));
  if (status === 404) return new NotFoundError(problem.message, { cause: problem });
  if (status === 409 || status === 422) return new UsageError(problem.message, { cause: problem });
  return problem;
}

/** Lambda itself refuses a request that it does not pass on to the API. */
function withoutProblem(status: number, name: string): string {
  const what = `${name} answered ${status}`;
  return status === 403
    ? `${what}: these credentials may not use it, or are of another account or region; attach a policy of the stack, STACK-viewers-REGION or STACK-operators-REGION`
    : `${what}, which is no answer of the API; check the address`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
