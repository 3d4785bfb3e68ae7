import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseReference, parseTag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { fixedCredentials } from "../../src/registry/auth/credentials.ts";
import type { Endpoint } from "../../src/registry/client/endpoint.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import type { Checkpoint } from "../../src/replication/state/checkpoint.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { createMemoryRecordStore } from "../../src/replication/state/memory-record-store.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import { systemClock } from "../../src/async/system-clock.ts";

// Copies many tags in one process, each by the same code as the copy function. Arguments: source, target, tags. Over TLS
// where SSL_CERT_FILE names the certificates to trust, else over plain HTTP.

const [from = "", to = "", ...tags] = process.argv.slice(2);
/** Tags at once. */
const CONCURRENT_TAGS = 64;

const { SSL_CERT_FILE } = process.env;
const connections = createConnections(SSL_CERT_FILE === undefined ? {} : { ca: [readFileSync(SSL_CERT_FILE, "utf8")] });
const endpoint = (text: string): Omit<Endpoint, "side"> => {
  const { registry, name } = parseReference(text);
  return {
    registry,
    repository: name,
    plainHttp: SSL_CERT_FILE === undefined,
    credentials: fixedCredentials({ kind: "anonymous" }),
    connections,
  };
};
const common = {
  ports: {
    source: createRegistrySource({ side: "source", ...endpoint(from) }),
    target: createRegistryTarget({ side: "target", ...endpoint(to) }),
    tags: createMemoryRecordStore<TagRecord>(),
    checkpoints: createMemoryRecordStore<Checkpoint>(),
    clock: systemClock,
    random: Math.random,
  },
  identity: { scope: to, leaseMs: 60_000 },
  policy: { maxAttempts: 1, referrers: false, sparse: "fail" },
  uploads: { concurrency: createUploadConcurrency({ small: 64, big: 16, now: Date.now }) },
} as const;

const never = new AbortController().signal;
await concurrently(
  tags,
  CONCURRENT_TAGS,
  async (tag, signal) => {
    const request = {
      version: 1,
      id: tag,
      destination: "bench",
      repository: parseReference(from).name,
      reference: parseTag(tag),
      pushedAt: 0,
    } as const;
    const report = await replicateTag(
      request,
      { ...common, identity: { ...common.identity, message: tag, owner: randomUUID() } },
      signal,
    );
    if (report.outcome !== "replicated" && report.outcome !== "unchanged")
      throw new Error(`${tag}: ${JSON.stringify(report)}`);
  },
  never,
);
await connections.close();
