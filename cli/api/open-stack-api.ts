import { isLoopback } from "../../src/oci/names/loopback.ts";
import { ApiProblemError } from "../errors/api-problem-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions, StackOptions } from "../stack/stack-options.ts";
import type { ApiRequest, StackApi } from "./stack-api.ts";

/** The stack options of a command that runs through the API. */
export interface RawApiOptions extends RawStackOptions {
  readonly api?: string | undefined;
}

/** An answer of a deployed API takes at most as long as its function may run, and a little more; milliseconds. */
const PATIENCE_MS = 65_000;

/**
 * The API that the options name: of a stack, in this process with the caller's permissions in AWS; or at an address.
 * @throws {UsageError} | {StackUnavailableError}
 */
export async function openStackApi(given: RawApiOptions, signal: AbortSignal): Promise<StackApi> {
  if (given.api === undefined) return openOwnApi(parseStackOptions(given), signal);
  if (given.local !== undefined) throw new UsageError("--api and --local name two stacks; choose one");
  return openApiAt(parseAddress(given.api), signal);
}

/** @throws {UsageError} */
function parseAddress(text: string): URL {
  const url = URL.parse(text);
  const isLocal = url?.protocol === "http:" && isLoopback(url.hostname);
  if (url !== null && (isLocal || url.protocol === "https:") && url.username === "" && url.password === "") return url;
  throw new UsageError(
    "--api takes the https address of a stack's API, as its output ViewerApiUrl or OperatorApiUrl has it",
  );
}

async function openOwnApi(options: StackOptions, signal: AbortSignal): Promise<StackApi> {
  const failures = new Map<string, unknown>();
  const { noConfiguration, openApiInProcess } = await import("./in-process.ts");
  const api = await openApiInProcess(
    options,
    { configuration: noConfiguration, audit: () => undefined, failed: (error, id) => failures.set(id, error) },
    signal,
  );
  return {
    name: options.stack,
    async send(request) {
      const response = await api.fetch(requestTo(new URL("http://stack"), request));
      const failure = failures.get(response.headers.get("x-request-id") ?? "");
      // The answer of a failed request says nothing of the error. Here, its caller is the one who may know.
      if (failure !== undefined) throw failure;
      return response;
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

function requestTo(origin: URL, { method, path, query, body }: ApiRequest): Request {
  const url = new URL(`${path}?${new URLSearchParams(query).toString()}`, origin);
  if (body === undefined) return new Request(url, { method });
  return new Request(url, { method, headers: { "content-type": "application/json" }, body });
}

async function openApiAt(url: URL, signal: AbortSignal): Promise<StackApi> {
  const send = await sender(url);
  return {
    name: url.origin,
    async send(request) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      try {
        return await send(request, until);
      } catch (cause) {
        signal.throwIfAborted();
        throw failureAt(url, cause);
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The local stack takes no signature: it answers programs of this machine only. */
async function sender(url: URL): Promise<(request: ApiRequest, signal: AbortSignal) => Promise<Response>> {
  if (url.protocol === "http:")
    return (request, signal) => fetch(new Request(requestTo(url, request), { redirect: "error", signal }));
  const { createSignedFetch } = await import("../../src/aws/signed-fetch.ts");
  return createSignedFetch(url);
}

function failureAt({ origin }: URL, cause: unknown): Error {
  if (cause instanceof Error && cause.name === "CredentialsProviderError")
    return new ApiProblemError(0, "there are no AWS credentials to sign requests with; log in, or set AWS_PROFILE", {
      cause,
    });
  return new ApiProblemError(0, `${origin} does not answer; check the address, and that the stack has an API`, {
    cause,
  });
}
