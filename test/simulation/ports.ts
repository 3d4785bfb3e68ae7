import { isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { BlobStream, ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { RegistryError } from "../../src/oci/registry-error.ts";
import type { FailureCategory, RegistryOperation, Side } from "../../src/oci/registry-error.ts";
import type { RateLimit } from "../../src/replication/rate-limit.ts";
import type { Receipt, Receipts } from "../../src/replication/receipt.ts";
import { StoreError } from "../../src/replication/record-store.ts";
import type { RecordStore } from "../../src/replication/record-store.ts";
import { missingFrom, resolveIn } from "./registry.ts";
import type { Repository } from "./registry.ts";
import type { Process, World } from "./world.ts";

interface Failure {
  readonly side: Side;
  readonly operation: RegistryOperation;
  readonly subject: string;
  readonly category?: FailureCategory;
  readonly code?: string;
}

const failed = ({ category = "deferred", ...about }: Failure): RegistryError =>
  new RegistryError({ ...about, category, status: category === "permanent" ? 404 : undefined }, "simulated");

/** The source as one process sees it. */
export function sourceOf(process: Process, repository: Repository): ImageSource {
  const read = <T>(operation: RegistryOperation, subject: string, effect: () => T, signal: AbortSignal): Promise<T> => {
    const failure = (): Error => failed({ side: "source", operation, subject });
    return process.call({
      service: "source",
      what: `source ${operation} ${short(subject)}`,
      effect,
      failure,
      signal,
      isRead: true,
      weight: 0.2,
    });
  };
  return {
    resolve: (reference, signal) => read("resolve", reference, () => resolveIn(repository, reference), signal),
    fetchManifest: ({ digest }, signal) =>
      read("fetch-manifest", digest, () => repository.manifests.get(digest), signal),
    listReferrers: () => Promise.resolve([]),
    async openBlob({ digest }, signal) {
      const bytes = await read("open-blob", digest, () => repository.blobs.get(digest), signal);
      const about = { side: "source", operation: "open-blob", subject: digest, category: "permanent" } as const;
      if (bytes === undefined) throw failed({ ...about, code: "BLOB_UNKNOWN" });
      return streamOf(bytes);
    },
  };
}

/** Who sends which blob now. */
export type Uploads = Map<Digest, Process>;

export interface TargetOptions {
  readonly world: World;
  readonly process: Process;
  readonly repository: Repository;
  readonly uploads: Uploads;
  /** Takes a manifest without what it points to, as some registries do. */
  readonly isLenient: boolean;
  /** How long an upload takes at most. */
  readonly uploadMs: number;
  /** Told of every request that arrives. */
  readonly onRequest: () => void;
  /** Told when a tag is put. */
  readonly onTag: (tag: string, digest: Digest) => void;
}

/** The target as one process sees it. */
export function targetOf(options: TargetOptions): ImageTarget {
  const { world, process, repository, uploads, onTag, isLenient, onRequest } = options;
  const call = <T>(
    operation: RegistryOperation,
    subject: string,
    effect: () => T,
    more: {
      readonly signal: AbortSignal;
      readonly isRead?: boolean;
      readonly tookMs?: number;
      readonly weight?: number;
      readonly isPrompt?: boolean;
    },
  ): Promise<T> => {
    onRequest();
    const failure = (): Error => failed({ side: "target", operation, subject });
    return process.call({
      service: "target",
      what: `target ${operation} ${short(subject)}`,
      effect,
      failure,
      weight: 0.3,
      ...more,
    });
  };
  return {
    resolve: (reference, signal) =>
      call("resolve", reference, () => resolveIn(repository, reference), { signal, isRead: true }),
    hasBlob: ({ digest }, signal) =>
      call("head-blob", digest, () => repository.blobs.has(digest), { signal, isRead: true }),
    isEmpty: (signal) => call("list-tags", "", () => repository.tags.size === 0, { signal, isRead: true }),
    async pushBlob({ digest }, { open, onUploaded }, signal) {
      await using stream = await open(signal);
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const other = uploads.get(digest);
      if (other?.isAwake() === true && process.isAwake())
        world.violate("I4", `${process.name} sends ${short(digest)} beside ${other.name}`);
      uploads.set(digest, process);
      const end = (): void => {
        if (uploads.get(digest) === process) uploads.delete(digest);
      };
      const effect = (): void => {
        repository.blobs.set(digest, bytes);
        end();
      };
      const started = world.time.now();
      await call("put-blob", digest, effect, { signal, tookMs: world.random() * options.uploadMs }).finally(end);
      onUploaded?.(world.time.now() - started);
      return { kind: "uploaded" };
    },
    async putManifest(manifest, reference, signal) {
      const effect = (): RegistryError | undefined => {
        const [missing] = missingFrom(repository, manifest);
        const about = { side: "target", operation: "put-manifest", subject: reference, category: "permanent" } as const;
        if (missing !== undefined && !isLenient) return failed({ ...about, code: "MANIFEST_BLOB_UNKNOWN" });
        repository.manifests.set(manifest.digest, manifest);
        if (!isDigest(reference)) {
          repository.tags.set(reference, manifest.digest);
          onTag(reference, manifest.digest);
        }
        return undefined;
      };
      const refused = await call("put-manifest", reference, effect, { signal, weight: 1, isPrompt: true });
      if (refused !== undefined) throw refused;
    },
  };
}

/** A table: every item with a version, every write on the condition that it has not changed (as DynamoDB's). */
export type Table<Record> = Map<string, { readonly version: number; readonly record: Record }>;

/** The table as one process sees it. */
export function storeOf<Record>(process: Process, table: Table<Record>, name: string): RecordStore<Record> {
  return {
    async update(key, change) {
      const failure = (): Error => new StoreError(`${name} cannot be reached`);
      for (;;) {
        const what = `${name} ${short(key)}`;
        const seen = await process.call({
          service: "table",
          what: `read ${what}`,
          effect: () => table.get(key),
          failure,
          isRead: true,
          weight: 0.1,
        });
        const { next, answer } = change(seen?.record);
        if (next === undefined) return answer;
        const version = seen?.version ?? 0;
        const write = (): boolean => {
          if ((table.get(key)?.version ?? 0) !== version) return false;
          table.set(key, { version: version + 1, record: next });
          return true;
        };
        const written = `write ${what} ${JSON.stringify(next)}`;
        if (await process.call({ service: "table", what: written, effect: write, failure, weight: 0.1 })) return answer;
      }
    },
  };
}

function streamOf(bytes: Uint8Array): BlobStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  }
  return { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Digests in a trace are told apart by their first characters. */
function short(subject: string): string {
  return subject.replaceAll(/sha256:([0-9a-f]{6})[0-9a-f]{58}/g, "$1");
}

/** Receipts as one process sees them: the first of a key stays. */
export function receiptsOf(process: Process, receipts: Map<string, Receipt>): Receipts {
  return {
    write(record, receipt) {
      const key = `${record} ${receipt.pushedAt} ${receipt.id}`;
      return process.call({
        service: "table",
        what: `writes the receipt of ${record}: ${receipt.outcome}`,
        effect: () => {
          if (receipts.has(key)) return "known";
          receipts.set(key, receipt);
          return "written";
        },
        failure: () => new StoreError("the receipt cannot be written"),
        weight: 0.3,
      });
    },
  };
}

/** The target, every request of which takes its turn in a rate that all share. */
export function throttled(target: ImageTarget, rate: RateLimit): ImageTarget {
  const turn = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    await rate.turn(signal);
    signal.throwIfAborted();
    return call();
  };
  return {
    resolve: (reference, signal) => turn(signal, () => target.resolve(reference, signal)),
    hasBlob: (descriptor, signal) => turn(signal, () => target.hasBlob(descriptor, signal)),
    isEmpty: (signal) => turn(signal, () => target.isEmpty(signal)),
    pushBlob: (descriptor, options, signal) => turn(signal, () => target.pushBlob(descriptor, options, signal)),
    putManifest: (manifest, reference, signal) => turn(signal, () => target.putManifest(manifest, reference, signal)),
  };
}
