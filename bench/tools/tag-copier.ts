import { randomUUID } from "node:crypto";
import { concurrently } from "../../src/async/run-concurrently.ts";
import type { Clock } from "../../src/async/clock.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { parseReference, parseTag } from "../../src/oci/reference.ts";
import { fixedCredentials } from "../../src/registry/credentials/credentials.ts";
import type { Endpoint } from "../../src/registry/client/endpoint.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import type { Checkpoint } from "../../src/replication/state/checkpoint.ts";
import { createMemoryRecordStore } from "../../src/replication/state/memory-record-store.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";

/** Copies tags of one repository to another one, each by the code of the copy function, with its records in memory. */
export interface TagCopier extends AsyncDisposable {
  /** Both sides, and the other ports of the copies. */
  readonly ports: ReplicateContext["ports"];
  /** @throws Error with the report of the first tag that is not at the target afterwards. */
  copy(tags: readonly string[], concurrent: number): Promise<void>;
}

export interface TagCopierOptions {
  /** Repositories, as `registry/name`. */
  readonly from: string;
  readonly to: string;
  /** Certificates to trust, as PEM; undefined for plain HTTP. */
  readonly ca?: string | undefined;
  /** The clock of the requests; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** The source wins: nothing is read from the target. */
const unused = (): Promise<undefined> => Promise.resolve(undefined);

export function createTagCopier({ from, to, ca, clock = systemClock }: TagCopierOptions): TagCopier {
  const connections = createConnections(ca === undefined ? {} : { ca: [ca] });
  const endpoint = (text: string): Omit<Endpoint, "side"> => {
    const { registry, name } = parseReference(text);
    const credentials = fixedCredentials({ kind: "anonymous" });
    return { registry, repository: name, plainHttp: ca === undefined, credentials, connections, clock };
  };
  const ports = {
    source: createRegistrySource({ side: "source", ...endpoint(from) }),
    target: createRegistryTarget({ side: "target", ...endpoint(to) }),
    reader: { readManifest: unused, pushedAt: unused },
    tags: createMemoryRecordStore<TagRecord>(),
    checkpoints: createMemoryRecordStore<Checkpoint>(),
    clock,
    random: Math.random,
  };
  const uploads = { concurrency: createUploadConcurrency({ small: 64, big: 16, now: Date.now }) };
  const policy = { maxAttempts: 1, referrers: false, sparse: "fail" } as const;
  const repository = parseReference(from).name;

  async function copyTag(tag: string, signal: AbortSignal): Promise<void> {
    const request = {
      version: 1 as const,
      id: tag,
      destination: "bench",
      repository,
      reference: parseTag(tag),
      pushedAt: 0,
    };
    const identity = { scope: to, leaseMs: 60_000, message: tag, owner: randomUUID() };
    const report = await replicateTag(request, { ports, identity, policy, uploads }, signal);
    if (report.outcome !== "replicated" && report.outcome !== "unchanged")
      throw new Error(`${tag}: ${JSON.stringify(report)}`);
  }

  const never = new AbortController().signal;
  return {
    ports,
    copy: async (tags, concurrent) => void (await concurrently(tags, concurrent, copyTag, never)),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}
