import { once } from "node:events";
import type { Passing, Spoil } from "../../fixtures/servers/fault-proxy.ts";
import { plain } from "../../fixtures/servers/fault-proxy.ts";
import { fault } from "./fault.ts";
import type { Fault } from "./fault.ts";

const isUpload: Spoil["hits"] = ({ method, url }) => method === "PUT" && url?.includes("digest=") === true;
const isStart: Spoil["hits"] = ({ method }) => method === "POST";
const isManifestPut: Spoil["hits"] = ({ method, url }) => method === "PUT" && url?.includes("/manifests/") === true;

function on(hits: Spoil["hits"], act: Spoil["act"], times = 1): Spoil {
  return { hits, times, act };
}

/** Reads a part of the body, then resets the connection. */
const resetAfterPart: Spoil["act"] = async ({ request, response, random }) => {
  const limit = random() * Number(request.headers["content-length"] ?? 0);
  let received = 0;
  for await (const chunk of request) {
    received += Buffer.from(chunk).byteLength;
    if (received >= limit) break;
  }
  response.socket?.resetAndDestroy();
};

/** The request takes effect, and its answer never arrives. */
const loseAnswer: Spoil["act"] = async ({ response, forward }) => {
  const { body } = await forward();
  await body.dump();
  response.socket?.resetAndDestroy();
};

function refuse(status: number, code: string, headers: Record<string, string> = {}): Spoil["act"] {
  return async ({ request, response }) => {
    if (request.method === "PUT") request.resume();
    response.writeHead(status, headers).end(JSON.stringify({ errors: [{ code, message: "fault" }] }));
    await once(response, "close");
  };
}

/** Changes the Location of the registry's own answer. */
function relocated(change: (location: string, host: string) => string | undefined): Spoil["act"] {
  return async ({ request, response, forward }: Passing) => {
    const { statusCode, headers, body } = await forward();
    await body.dump();
    const location = change(String(headers["location"]), String(request.headers.host));
    const { location: _own, ...rest } = plain(headers);
    response.writeHead(statusCode, location === undefined ? rest : { ...rest, location }).end();
  };
}

const inThePast = (): string => new Date(Date.now() - 60_000).toUTCString();
const row = (
  id: string,
  what: string,
  spoil: () => Spoil,
  how: Partial<Pick<Fault, "ends" | "resends">> = {},
): (() => Fault) => fault({ id, what, side: "target", ...how }, () => ({ spoil: spoil() }));

/** Faults of a target. Each run creates its own. */
export const TARGET_FAULTS: readonly (() => Fault)[] = [
  row("N02", "connection reset in the middle of an upload", () => on(isUpload, resetAfterPart), {
    resends: "the broken blob",
  }),
  row("N05", "the target stops reading", () => on(isUpload, ({ request }) => void request.pause()), {
    resends: "the broken blob",
  }),
  row("N13", "connection refused", () =>
    on(
      () => true,
      ({ response }) => void response.socket?.resetAndDestroy(),
      4,
    ),
  ),
  row("N20", "the answer to an upload is lost", () => on(isUpload, loseAnswer)),
  row("N21", "the answer to a manifest is lost", () => on(isManifestPut, loseAnswer), { resends: "the manifest" }),
  row("N26", "429 with Retry-After in seconds", () =>
    on(isStart, refuse(429, "TOOMANYREQUESTS", { "retry-after": "2" }), 2),
  ),
  row("N27", "429 with Retry-After as a date in the past", () =>
    on(isStart, refuse(429, "TOOMANYREQUESTS", { "retry-after": inThePast() }), 2),
  ),
  row("N28", "429 with an invalid Retry-After", () =>
    on(isStart, refuse(429, "TOOMANYREQUESTS", { "retry-after": "-1e9 soon" }), 2),
  ),
  row("N29", "500 for an upload", () => on(isUpload, refuse(500, "UNKNOWN"), 2), { resends: "the broken blob" }),
  row("N30", "503 for the start of an upload", () => on(isStart, refuse(503, "UNAVAILABLE"), 2)),
  row("N32", "the upload session is lost", () => on(isUpload, refuse(404, "BLOB_UPLOAD_UNKNOWN")), {
    resends: "the broken blob",
  }),
  row("N33", "416 for an upload", () => on(isUpload, refuse(416, "BLOB_UPLOAD_INVALID")), {
    resends: "the broken blob",
  }),
  row("N38", "the upload's Location is absolute", () =>
    on(
      isStart,
      relocated((location, host) => `http://${host}${location}`),
      10,
    ),
  ),
  row("N38", "the upload's Location has a query", () =>
    on(
      isStart,
      relocated((location) => `${location}?_state=a%2Bb`),
      10,
    ),
  ),
  row("N38", "the upload's Location is missing once", () =>
    on(
      isStart,
      relocated(() => undefined),
    ),
  ),
  row(
    "N39",
    "the upload's Location is on another host",
    () =>
      on(
        isStart,
        relocated((location) => `http://other.invalid${location}`),
        1_000,
      ),
    { ends: "failed" },
  ),
  row("N43", "413 while the body is still being sent", () => on(isUpload, refuse(413, "SIZE_INVALID"), 1_000), {
    ends: "failed",
  }),
  row("N24", "403 for the start of an upload", () => on(isStart, refuse(403, "DENIED"), 1_000), { ends: "deferred" }),
  row("R06", "507: no space for an upload, for a while", () => on(isStart, refuse(507, "UNKNOWN"), 2)),
  row("R06", "403: the quota is exhausted", () => on(isStart, refuse(403, "DENIED"), 1_000), { ends: "deferred" }),
  row("R07", "413: the manifest is too large", () => on(isManifestPut, refuse(413, "MANIFEST_INVALID"), 1_000), {
    ends: "failed",
  }),
  row("R24", "the target denies a blob that it holds", () => on(isManifestPut, refuse(400, "MANIFEST_BLOB_UNKNOWN")), {
    resends: "the image",
  }),
  row(
    "R26",
    "a manifest stored under another digest",
    () =>
      on(
        isManifestPut,
        ({ request, response }) => {
          request.resume();
          response.writeHead(201, { "docker-content-digest": `sha256:${"0".repeat(64)}` }).end();
        },
        1_000,
      ),
    { ends: "failed" },
  ),
];
