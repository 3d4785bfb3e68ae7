import type { Odd } from "./odd.ts";
import { refusal, subjectOf } from "./odd-registry.ts";
import type { Answered, Asked, Oddity } from "./odd-registry.ts";

/** Changes the answers of a plain registry to one kind of request. */
function changed(
  about: ReturnType<typeof subjectOf>,
  method: "GET" | "HEAD" | "any",
  change: (answered: Answered, asked: Asked) => Answered,
): () => Oddity {
  return () => async (asked, next) => {
    const answered = await next(asked);
    const isMeant = subjectOf(asked) === about && (method === "any" || asked.method === method);
    return isMeant && answered.status < 300 ? change(answered, asked) : answered;
  };
}

const withHeaders = (answered: Answered, headers: Answered["headers"]): Answered => ({
  ...answered,
  headers: { ...answered.headers, ...headers },
});

const SPECIFICATION = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md";

/** Unusual answers to clients that read. */
export const ANSWERS: readonly Odd[] = [
  {
    name: "calls every manifest application/json",
    seenAt: "registries behind static file servers",
    source: `${SPECIFICATION}#pulling-manifests`,
    side: "source",
    oddity: changed("manifest", "any", (answered) => withHeaders(answered, { "content-type": "application/json" })),
  },
  {
    name: "names no media type for a manifest",
    seenAt: "object stores used as registries",
    source: `${SPECIFICATION}#pulling-manifests`,
    side: "source",
    oddity: changed("manifest", "any", (answered) => withHeaders(answered, { "content-type": undefined })),
  },
  {
    name: "sends no Docker-Content-Digest",
    seenAt: "static registries, old Nexus",
    source: `${SPECIFICATION}#pulling-manifests (MAY)`,
    side: "source",
    oddity: changed("manifest", "any", (answered) => withHeaders(answered, { "docker-content-digest": undefined })),
  },
  {
    name: "answers 405 to HEAD of a manifest",
    seenAt: "registries behind strict proxies",
    source: "https://github.com/google/go-containerregistry/issues/1229",
    side: "source",
    oddity: () => (asked, next) =>
      subjectOf(asked) === "manifest" && asked.method === "HEAD" ? refusal(405, "UNSUPPORTED") : next(asked),
  },
  {
    name: "answers HEAD of a manifest with Content-Length 0",
    seenAt: "Artifactory, some CDNs",
    source: "RFC 9110, section 8.6 (SHOULD)",
    side: "source",
    oddity: changed("manifest", "HEAD", (answered) => withHeaders(answered, { "content-length": "0" })),
  },
  {
    name: "labels a plain manifest as gzip",
    seenAt: "caches before Harbor",
    source: "https://github.com/goharbor/harbor/issues/14232",
    side: "source",
    oddity: changed("manifest", "HEAD", (answered) => withHeaders(answered, { "content-encoding": "gzip" })),
  },
  {
    name: "answers 403 for a tag that is not there",
    seenAt: "Artifactory, GitLab",
    source: "https://jfrog.com/help/r/jfrog-artifactory-documentation/docker-registry",
    side: "target",
    oddity: () => async (asked, next) => {
      const answered = await next(asked);
      return subjectOf(asked) === "manifest" && answered.status === 404 ? refusal(403, "DENIED") : answered;
    },
  },
  {
    name: "answers 405 to HEAD of a blob",
    seenAt: "registries behind strict proxies",
    source: `${SPECIFICATION}#checking-if-content-exists-in-the-registry`,
    side: "target",
    oddity: () => (asked, next) =>
      subjectOf(asked) === "blob" && asked.method === "HEAD" ? refusal(405, "UNSUPPORTED") : next(asked),
  },
  {
    name: "sends blobs from another host",
    seenAt: "ECR, Docker Hub, GAR, quay.io, ghcr.io",
    source: `${SPECIFICATION}#pulling-blobs`,
    side: "source",
    allows: "download",
    oddity: sendsElsewhere,
  },
  {
    name: "cuts the connection once within each blob",
    seenAt: "object stores under load",
    source: "RFC 9110, section 14.2 (range requests)",
    side: "source",
    oddity: () => {
      const cut = new Set<string>();
      return async (asked, next) => {
        const answered = await next(asked);
        const isFirst = subjectOf(asked) === "blob" && asked.method === "GET" && !cut.has(asked.url);
        if (!isFirst || answered.body.byteLength < 1_000) return answered;
        cut.add(asked.url);
        return { ...answered, cutAt: Math.floor(answered.body.byteLength / 2) };
      };
    },
  },
  {
    name: "is busy: 429 with Retry-After, then 503, to the first questions for each manifest",
    seenAt: "Docker Hub, ECR, GAR",
    source: "RFC 6585, section 4; RFC 9110, section 10.2.3",
    side: "source",
    oddity: () => {
      const times = new Map<string, number>();
      return (asked, next) => {
        if (subjectOf(asked) !== "manifest") return next(asked);
        const key = asked.url;
        const count = times.get(key) ?? 0;
        times.set(key, count + 1);
        if (count === 0) return refusal(429, "TOOMANYREQUESTS", { "retry-after": "1" });
        return count === 1 ? refusal(503, "UNAVAILABLE") : next(asked);
      };
    },
  },
];

/** Serves blobs from the same server under another name, which stands for a download host. */
function sendsElsewhere(): Oddity {
  return (asked, next, self) => {
    const [address = "", port = ""] = self.split(":");
    if (subjectOf(asked) !== "blob" || asked.method !== "GET" || address === "localhost") return next(asked);
    const location = `http://localhost:${port}${asked.url}`;
    return { status: 307, headers: { location }, body: Buffer.alloc(0) };
  };
}
