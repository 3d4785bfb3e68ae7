import { imageOf, layer } from "../../local/images/image-content.ts";
import type { Odd } from "./odd.ts";
import { refusal, subjectOf } from "./odd-registry.ts";
import type { Answered, Oddity } from "./odd-registry.ts";

const SPECIFICATION = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md";
const NOTHING = Buffer.alloc(0);
/** The largest request body of the registry with a limit, in bytes. */
const LIMIT: number = 1024 * 1024;

const isStart = (method: string, url: string): boolean => method === "POST" && url.includes("/blobs/uploads/");

/** Unusual uploads. */
export const UPLOADS: readonly Odd[] = [
  {
    name: "redirects the start of an upload within its origin",
    seenAt: "GitLab, registries behind a path prefix",
    source: "RFC 9110, section 15.4.8",
    side: "target",
    oddity: redirects("POST"),
  },
  {
    name: "redirects the end of an upload within its origin",
    seenAt: "registries behind a load balancer",
    source: "RFC 9110, section 15.4.8",
    side: "target",
    oddity: redirects("PUT"),
  },
  {
    name: "refuses a body above its limit with 413, and takes parts",
    seenAt: "registries behind Cloudflare, Docker Hub",
    source: `${SPECIFICATION}#pushing-a-blob-in-chunks`,
    side: "target",
    image: () => imageOf([layer("odd-large", 3 * LIMIT)], { os: "linux", architecture: "amd64" }),
    oddity: () => (asked, next) =>
      subjectOf(asked) === "upload" && asked.body.byteLength > LIMIT
        ? { status: 413, headers: { "content-type": "text/html" }, body: Buffer.from("<html>too large</html>") }
        : next(asked),
  },
  {
    name: "has a Location whose query is good only to the byte",
    seenAt: "Azure Container Registry, Harbor on S3",
    source: `${SPECIFICATION}#post-then-put`,
    side: "target",
    oddity: strictLocation,
  },
  {
    name: "has a Location without scheme and host",
    seenAt: "zot, GitLab",
    source: "RFC 9110, section 10.2.2",
    side: "target",
    oddity: () => async (asked, next, self) => {
      const answered = await next(asked);
      const location = String(answered.headers["location"] ?? "");
      if (location === "") return answered;
      const { pathname, search } = new URL(location, `http://${self}`);
      return { ...answered, headers: { ...answered.headers, location: pathname + search } };
    },
  },
  {
    name: "refuses to mount with 405",
    seenAt: "registries without cross-repository mounts",
    source: `${SPECIFICATION}#mounting-a-blob-from-another-repository`,
    side: "target",
    oddity: () => (asked, next) =>
      isStart(asked.method, asked.url) && asked.url.includes("mount=") ? refusal(405, "UNSUPPORTED") : next(asked),
  },
  {
    name: "does not see a blob for a moment after it took it",
    seenAt: "registries on eventually consistent stores",
    source: `${SPECIFICATION}#pushing-manifests (MANIFEST_BLOB_UNKNOWN)`,
    side: "target",
    oddity: () => {
      let refusals = 2;
      return (asked, next) =>
        asked.method === "PUT" && subjectOf(asked) === "manifest" && refusals-- > 0
          ? refusal(400, "MANIFEST_BLOB_UNKNOWN")
          : next(asked);
    },
  },
  {
    name: "loses the answer to the end of an upload",
    seenAt: "load balancers that are restarted",
    source: "RFC 9110, section 9.2.2",
    side: "target",
    oddity: () => {
      let losses = 1;
      return async (asked, next) => {
        const answered = await next(asked);
        const isEnd = asked.method === "PUT" && subjectOf(asked) === "upload";
        return isEnd && losses-- > 0 ? lost(answered) : answered;
      };
    },
  },
];

const lost = (answered: Answered): Answered => ({
  ...answered,
  headers: { "content-length": "10" },
  body: NOTHING,
  cutAt: 0,
});

/** Redirects each request to the same upload under another path. */
function redirects(method: "POST" | "PUT"): () => Oddity {
  return () => (asked, next) => {
    if (asked.url.startsWith("/moved/")) return next({ ...asked, url: asked.url.slice("/moved".length) });
    if (asked.method !== method || subjectOf(asked) !== "upload") return next(asked);
    return { status: 307, headers: { location: `/moved${asked.url}` }, body: NOTHING };
  };
}

/** The Location of an upload session has a signed query: its escapes and its order matter. */
function strictLocation(): Oddity {
  const state = "_state=a%2Bb%2f==&empty=&Z=%7E~";
  return async (asked, next) => {
    const isSession = subjectOf(asked) === "upload" && asked.method !== "POST";
    if (isSession && !asked.url.includes(`?${state}`)) return refusal(400, "BLOB_UPLOAD_INVALID");
    const url = isSession ? asked.url.replace(`?${state}&`, "?").replace(`?${state}`, "") : asked.url;
    const answered = await next({ ...asked, url });
    const location = answered.headers["location"];
    if (typeof location !== "string" || subjectOf(asked) !== "upload" || asked.method === "PUT") return answered;
    return { ...answered, headers: { ...answered.headers, location: `${location.split("?")[0] ?? ""}?${state}` } };
  };
}
