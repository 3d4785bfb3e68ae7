import type { Api } from "../../src/api/protocol/api-environment.ts";
import type { StackApi } from "../api/stack-api.ts";
import { ApiProblemError } from "../errors/api-problem-error.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;
/** Headers of an answer that mean the same here. Its length and encoding are those of another connection. */
const KEPT = ["content-type", "cache-control", "x-request-id", "retry-after", "allow"];

/** Sends the requests of the console on to the API at its address, and its answers back. */
export function forwardedApi(api: StackApi, sent: (line: string) => void): Pick<Api, "fetch"> {
  return {
    async fetch(request) {
      const { pathname: path, searchParams } = new URL(request.url);
      const method = METHODS.find((each) => each === request.method);
      if (method === undefined) return problem(405, "The method is not allowed here", `send ${METHODS.join(", ")}`);
      const query = Object.fromEntries(searchParams);
      try {
        const answer = await api.send({ method, path, query, body: await jsonOf(request) });
        if (method !== "GET") sent(`${method} ${path}: ${answer.status}`);
        const headers = [...answer.headers].filter(([name]) => KEPT.includes(name));
        return new Response(await answer.text(), { status: answer.status, headers });
      } catch (error) {
        if (!(error instanceof ApiProblemError)) throw error;
        return problem(502, "The API does not answer", error.message);
      }
    },
  };
}

/**
 * The body, if it is JSON. A web page can send other types without asking first (Fetch standard, "CORS-safelisted request-header"): the API refuses a change
 * without a body of JSON, as it would if the page had sent it there.
 */
async function jsonOf(request: Request): Promise<string | undefined> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  return request.method === "GET" || type !== "application/json" ? undefined : request.text();
}

function problem(status: number, title: string, detail: string): Response {
  return new Response(JSON.stringify({ title, status, detail, requestId: "" }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}
