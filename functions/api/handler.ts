import * as z from "zod";
import type { Api } from "../../src/api/protocol/api-environment.ts";

/** A request to a function URL (AWS Lambda developer guide, "Function URL request payload"). */
const UrlRequest = z.object({
  rawPath: z.string(),
  rawQueryString: z.string().default(""),
  headers: z.record(z.string(), z.string()).default({}),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
});

/** The response of a function URL (AWS Lambda developer guide, "Function URL response payload format"). */
export interface UrlResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Methods whose requests have no body (Fetch standard, "Request"). */
const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD"]);
/** Methods that no request may have (Fetch standard, "Methods"). */
const FORBIDDEN: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
const NOT_ALLOWED: UrlResponse = { statusCode: 405, headers: { allow: "GET, HEAD, POST" }, body: "" };
/** The host has no meaning to the API: Lambda has chosen the function by it. */
const ORIGIN = "https://api.internal";

/** A request to the function URL -> the API -> its response. All responses are text. */
export function createHandler(api: Pick<Api, "fetch">) {
  return async (event: unknown): Promise<UrlResponse> => {
    const { rawPath, rawQueryString, headers, requestContext, body, isBase64Encoded } = UrlRequest.parse(event);
    const { method } = requestContext.http;
    if (FORBIDDEN.has(method)) return NOT_ALLOWED;
    const url = new URL(ORIGIN);
    url.pathname = rawPath;
    url.search = rawQueryString;
    const content = body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
    const request = new Request(url, {
      method,
      headers,
      ...(content === undefined || WITHOUT_BODY.has(method) ? {} : { body: content }),
    });
    const response = await api.fetch(request, { event });
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  };
}
