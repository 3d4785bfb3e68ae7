import { hostPattern } from "../oci/names/host-pattern.ts";
import { isLoopback } from "../oci/names/loopback.ts";
import { retryAfterMs } from "../registry/errors/retry-after.ts";
import type { Connections } from "../registry/http/connections.ts";
import type { HttpResponse } from "../registry/http/http-message.ts";
import type { Delivery } from "../replication/notices/message.ts";

/** Where to send to. The URL is a secret: it is in no error and in no line of the log. */
export interface Address {
  readonly url: string;
  /** Hosts that it may name; `*` stands within one label. */
  readonly hosts: readonly string[];
  /** Plain HTTP, to this machine only. */
  readonly plainHttp: boolean;
}

export interface Posted {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Time limit of one try, in milliseconds. */
const ANSWER_MS = 5_000;
/** What is read of an answer, so that its connection can be used again. */
const ANSWER_BYTES = 65_536;

/** Posts JSON once. A redirect is not followed: it would send the message somewhere else. @throws the signal's reason. */
export async function post(
  connections: Pick<Connections, "send">,
  address: Address,
  { body, headers }: Posted,
  { signal, now }: { readonly signal: AbortSignal; readonly now: () => number },
): Promise<Delivery> {
  const target = readAddress(address);
  if (typeof target === "string") return { kind: "failed", error: target };
  try {
    const response = await connections.send({
      origin: target.origin,
      path: `${target.pathname}${target.search}`,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    }).response;
    const delivery = deliveryOf(response, now());
    await response.body.dump({ limit: ANSWER_BYTES }).catch(() => undefined);
    return delivery;
  } catch {
    signal.throwIfAborted();
    // What failed may contain the URL.
    return { kind: "failed", error: "the channel did not answer" };
  }
}

function deliveryOf({ statusCode, headers }: HttpResponse, now: number): Delivery {
  if (statusCode >= 200 && statusCode < 300) return { kind: "delivered" };
  const isRedirect = statusCode >= 300 && statusCode < 400;
  const error = `the channel answered ${statusCode}${isRedirect ? ", and redirects are not followed" : ""}`;
  const first = (value: string | readonly string[] | undefined): string | undefined =>
    typeof value === "string" ? value : value?.[0];
  const afterMs = retryAfterMs(first(headers["retry-after"]), first(headers["date"]), now);
  return { kind: "failed", error, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** The address, or why it is not used. */
function readAddress({ url, hosts, plainHttp }: Address): URL | string {
  const text = url.trim();
  if (!URL.canParse(text)) return "the secret contains no URL";
  const target = new URL(text);
  if (target.username !== "" || target.password !== "") return "the URL in the secret has a user or a password";
  const isPlain = plainHttp && target.protocol === "http:" && isLoopback(target.host);
  if (target.protocol !== "https:" && !isPlain) return "the URL in the secret is not https://";
  if (!isListed(target, hosts)) return "the host of the URL in the secret is not one that the channel may have";
  return target;
}

/** An address must be listed as it is: a pattern of four labels would match all of them. */
function isListed({ host, hostname }: URL, hosts: readonly string[]): boolean {
  const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
  return isAddress ? hosts.includes(host) : hosts.some((pattern) => hostPattern(pattern).test(host));
}
