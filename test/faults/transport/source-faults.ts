import { setTimeout as sleep } from "node:timers/promises";
import { fault } from "./fault.ts";
import type { Fault } from "./fault.ts";
import type { Passing, Spoil } from "../../fixtures/servers/fault-proxy.ts";
import { pass, plain } from "../../fixtures/servers/fault-proxy.ts";

const isBlob: Spoil["hits"] = ({ method, url }) => method === "GET" && url?.includes("/blobs/sha256:") === true;

async function bytesOf({
  forward,
}: Passing): Promise<{ bytes: Buffer; headers: Record<string, string | string[]>; status: number }> {
  const { statusCode, headers, body } = await forward();
  return { bytes: Buffer.from(await body.arrayBuffer()), headers: plain(headers), status: statusCode };
}

/** Hits downloads of blobs. */
function onBlob(act: Spoil["act"], times = 1): Spoil {
  return { hits: isBlob, times, act };
}

/** Sends a part of the body, then calls `end`. */
function partly(
  end: (passing: Passing) => void | Promise<void>,
  headers?: (length: number) => Record<string, string>,
): Spoil["act"] {
  return async (passing) => {
    const answer = await bytesOf(passing);
    const cut = Math.floor(passing.random() * answer.bytes.byteLength);
    passing.response.writeHead(answer.status, { ...answer.headers, ...headers?.(cut) });
    if (cut > 0) await new Promise<void>((done) => passing.response.write(answer.bytes.subarray(0, cut), () => done()));
    await end(passing);
  };
}

const reset = ({ response }: Passing): void => void response.socket?.resetAndDestroy();
const fin = ({ response }: Passing): void => void response.socket?.end();

function changed(change: (bytes: Buffer, random: () => number) => Buffer): Spoil["act"] {
  return async (passing) => {
    const { bytes, status } = await bytesOf(passing);
    passing.response.writeHead(status);
    passing.response.end(change(bytes, passing.random));
  };
}

/** Writes raw bytes to the socket, without the HTTP library. */
function raw(text: string): Spoil["act"] {
  return ({ response }) => {
    response.socket?.end(text);
    response.detachSocket(response.socket!);
  };
}

const ignoreRange: Spoil["act"] = async ({ request, response, forward }) => {
  delete request.headers.range;
  const { body } = await forward();
  response.writeHead(200).end(Buffer.from(await body.arrayBuffer()));
};

/** Answers with the requested range of other bytes. */
const anotherVersion: Spoil["act"] = async (passing) => {
  const { bytes, headers, status } = await bytesOf(passing);
  passing.response.writeHead(status, { ...headers, etag: '"another"' }).end(bytes.map((byte) => byte ^ 0xff));
};

const drip: Spoil["act"] = async (passing) => {
  const { bytes, headers, status } = await bytesOf(passing);
  passing.response.writeHead(status, headers);
  for (const byte of bytes.subarray(0, 100)) {
    if (passing.response.destroyed) return;
    passing.response.write(Buffer.from([byte]));
    await sleep(20);
  }
};

/** Breaks off a body, and lets `then` answer the request for the rest. */
function brokenThen(then: Spoil["act"]): Spoil {
  let isBroken = false;
  return {
    hits: (request) => isBlob(request) && isBroken === (request.headers.range !== undefined),
    times: 2,
    act(passing) {
      if (isBroken) return then(passing);
      isBroken = true;
      return partly(reset)(passing);
    },
  };
}

const row = (
  id: string,
  what: string,
  spoil: () => Spoil,
  how: Partial<Pick<Fault, "ends" | "resends">> = {},
): (() => Fault) => fault({ id, what, side: "source", ...how }, () => ({ spoil: spoil() }));

/** Faults of a source. Each run creates its own. */
export const SOURCE_FAULTS: readonly (() => Fault)[] = [
  row("N01", "connection reset in the middle of a blob", () => onBlob(partly(reset))),
  row("N01", "connections of three blobs reset in the middle", () => onBlob(partly(reset), 3)),
  row("N03", "a blob stalls", () => onBlob(partly(() => undefined))),
  row("N04", "a blob drips", () => onBlob(drip)),
  row("N06", "connection closed early, Content-Length correct", () => onBlob(partly(fin))),
  row("N07", "truncated, no Content-Length", () =>
    onBlob(changed((bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.byteLength)))),
  ),
  row("N08", "truncated, Content-Length rewritten", () =>
    onBlob(
      partly(
        ({ response }) => void response.end(),
        (length) => ({ "content-length": String(length) }),
      ),
    ),
  ),
  row("N09", "longer than its descriptor says", () => onBlob(changed((bytes) => Buffer.concat([bytes, bytes]))), {
    resends: "the broken blob",
  }),
  row(
    "N10",
    "one bit flipped, length correct",
    () =>
      onBlob(
        changed((bytes, random) => {
          const copy = Buffer.from(bytes);
          const at = Math.floor(random() * copy.byteLength);
          copy[at] = (copy[at] ?? 0) ^ 0x40;
          return copy;
        }),
      ),
    { resends: "the broken blob" },
  ),
  row("N11", "not HTTP", () => onBlob(raw("hello, this is no HTTP\r\n\r\n"))),
  row("N11", "invalid chunk framing", () =>
    onBlob(raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n")),
  ),
  row("N12", "two different Content-Length headers", () =>
    onBlob(raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef")),
  ),
  row("N29", "500, 502, 504", () =>
    onBlob(
      ({ response, random }) => void response.writeHead([500, 502, 504][Math.floor(random() * 3)] ?? 500).end("<html>"),
      2,
    ),
  ),
  row("N31", "408, 421, 425", () =>
    onBlob(
      ({ response, random }) => void response.writeHead([408, 421, 425][Math.floor(random() * 3)] ?? 408).end(),
      2,
    ),
  ),
  row("N34", "416 for the rest", () =>
    brokenThen(({ response }) => void response.writeHead(416, { "content-range": "bytes */1" }).end()),
  ),
  row("N35", "200 instead of 206 for the rest", () => brokenThen(ignoreRange)),
  row("N36", "206 with another start or size for the rest", () =>
    brokenThen(({ response, random }) => {
      const range = random() < 0.5 ? "bytes 7-9/10" : "bytes 0-2/3";
      response.writeHead(206, { "content-range": range }).end("wrong");
    }),
  ),
  row("N37", "another version of the blob (by ETag) for the rest", () => brokenThen(anotherVersion), {
    resends: "the broken blob",
  }),
  row("N41", "103 Early Hints before the answer", () =>
    onBlob(async (passing) => {
      passing.response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      await pass(passing);
    }),
  ),
  row(
    "N40",
    "a redirect to itself",
    () =>
      onBlob(({ request, response }) => void response.writeHead(307, { location: request.url ?? "/" }).end(), 1_000),
    { ends: "failed" },
  ),
  row("N44", "a blob labelled Content-Encoding: gzip", () =>
    onBlob(async (passing) => {
      const { bytes, headers, status } = await bytesOf(passing);
      passing.response.writeHead(status, { ...headers, "content-encoding": "gzip" }).end(bytes);
    }, 1_000),
  ),
  row(
    "R07",
    "a manifest of more than 4 MiB",
    () => ({
      hits: ({ method, url }) => method === "GET" && url?.includes("/manifests/") === true,
      times: 1_000,
      act: ({ response }) => void response.writeHead(200).end(Buffer.alloc(5 * 1024 * 1024, " ")),
    }),
    { ends: "failed" },
  ),
  row(
    "R03",
    "a blob that is missing at the source",
    () => onBlob(({ response }) => void response.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN"}]}'), 1_000),
    { ends: "failed" },
  ),
];
