import { z } from "../zod/z.ts";

/** Why a request was not answered as it asked (RFC 9457, "Problem Details for HTTP APIs"). */
export const Problem = z
  .object({
    title: z.string(),
    status: z.int(),
    /** What happened, and what to do. */
    detail: z.string().optional(),
    /** The correlation id of the request, as in the log. */
    requestId: z.string(),
    /** The fields of the request that are not valid. */
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof Problem>;

export type ProblemStatus = 400 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503;

const TITLES: Readonly<Record<ProblemStatus, string>> = {
  400: "The request cannot be read",
  403: "The request is not allowed",
  404: "There is no such thing",
  405: "The method is not allowed here",
  409: "The request does not fit the present state",
  413: "The request is too large",
  415: "The body must be JSON",
  422: "The request is not valid",
  429: "Too many requests",
  500: "The API failed",
  502: "A registry failed",
  503: "The stack cannot be read now",
};

/** A request that ends with a problem. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ProblemStatus;
  readonly about: Pick<Problem, "errors">;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ProblemStatus,
    detail: string,
    given: Pick<Problem, "errors"> & {
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    const { errors, headers = {}, cause } = given;
    super(detail, { cause });
    this.status = status;
    this.about = errors === undefined ? {} : { errors };
    this.headers = headers;
  }
}

/** The body of the answer. */
export function problemOf({ status, message, about }: ApiError, requestId: string): Problem {
  return { title: TITLES[status], status, detail: message, requestId, ...about };
}

const CONTENT = { "application/problem+json": { schema: Problem } };

/** Responses of an operation that may end with these problems, for its OpenAPI document. */
export function problems(...statuses: readonly ProblemStatus[]) {
  const all = new Set<ProblemStatus>([400, 403, 422, 429, 500, 503, ...statuses]);
  return Object.fromEntries([...all].map((status) => [status, { description: TITLES[status], content: CONTENT }]));
}
