import { LambdaClient } from "@aws-sdk/client-lambda";
import { clientLimits } from "./client/client-limits.ts";

/** A request with a path that begins with `/`, and a body of JSON if it has one. */
interface UnsignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Sends a request to a function URL. @throws what `fetch` throws, and the SDK's errors when it finds no credentials. */
type SignedFetch = (request: UnsignedRequest, signal: AbortSignal) => Promise<Response>;

/** The region in the host name of a function URL (AWS Lambda developer guide, "Creating and managing Lambda function URLs"). */
const REGION = /^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws$/;

/**
 * Sends requests to a function URL with IAM, signed by Signature Version 4 for the service `lambda`, with the usual credentials (AWS Lambda developer guide,
 * "Invoking Lambda function URLs"). The region is that of the address, or else the usual one.
 */
export function createSignedFetch(url: URL): SignedFetch {
  const region = REGION.exec(url.hostname)?.[1];
  const client = new LambdaClient({ ...clientLimits(), ...(region === undefined ? {} : { region }) });
  return async ({ method, path, query, body }, signal) => {
    const headers = {
      host: url.host,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const { protocol, hostname } = url;
    const signer = await client.config.signer();
    const signed = await signer.sign({ method, protocol, hostname, path, query, headers, body });
    const { host: _host, ...sent } = signed.headers;
    const target = new URL(path, url);
    target.search = queryOf(query);
    return fetch(target, { method, headers: sent, ...(body === undefined ? {} : { body }), redirect: "error", signal });
  };
}

/** The query as the signature has it: a space is `%20` (AWS General Reference, "Create a signed AWS API request", canonical query string). */
function queryOf(query: Readonly<Record<string, string>>): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join("&");
}
