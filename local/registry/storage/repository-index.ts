import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";

const DigestText = z.string().refine(isDigest);

/** A manifest of a repository; its bytes are in the content files. */
const KnownManifest = z.object({
  mediaType: z.string(),
  size: z.int(),
  subject: DigestText.optional(),
  contentBytes: z.number().optional(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  /** When it was put, epoch milliseconds. */
  storedAt: z.number().default(0),
  isArchived: z.boolean().optional(),
  restoredAt: z.number().optional(),
});
export interface KnownManifest {
  readonly mediaType: string;
  readonly size: number;
  readonly subject?: Digest | undefined;
  /** Of an image, its config and layers; of an index, its largest platform. */
  readonly contentBytes?: number | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly storedAt: number;
  /** In the archive of Amazon ECR: listed, but it cannot be pulled. */
  readonly isArchived?: boolean | undefined;
  /** When it was restored from the archive, epoch milliseconds. */
  readonly restoredAt?: number | undefined;
}

const Saved = z.object({
  name: z.string(),
  blobs: z.array(DigestText),
  manifests: z.array(z.tuple([DigestText, KnownManifest])),
  tags: z.array(z.tuple([z.string(), DigestText])),
});

/** The content of one repository. */
export interface RepositoryState {
  readonly blobs: Set<Digest>;
  readonly manifests: Map<Digest, KnownManifest>;
  readonly tags: Map<string, Digest>;
}

/** Every repository of a registry, on disk and in memory. */
export interface RepositoryIndex {
  names(): string[];
  find(name: string): RepositoryState | undefined;
  /** Finds or creates a repository; a new one is on disk after its first save. */
  open(name: string): RepositoryState;
  /** Writes a repository's state to disk, where it outlives a crash of the process. */
  save(name: string): Promise<void>;
}

export async function openRepositoryIndex(directory: string): Promise<RepositoryIndex> {
  await mkdir(directory, { recursive: true });
  const repositories = new Map<string, RepositoryState>();
  for (const file of await readdir(directory)) {
    if (!file.endsWith(".json")) continue;
    const { name, blobs, manifests, tags } = Saved.parse(JSON.parse(await readFile(join(directory, file), "utf8")));
    repositories.set(name, { blobs: new Set(blobs), manifests: new Map(manifests), tags: new Map(tags) });
  }
  const writing = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();

  async function write(name: string): Promise<void> {
    const state = repositories.get(name);
    if (state === undefined) return;
    const path = join(directory, `${encodeURIComponent(name)}.json`);
    const saved = { name, blobs: [...state.blobs], manifests: [...state.manifests], tags: [...state.tags] };
    await writeFile(`${path}.tmp`, JSON.stringify(saved));
    await rename(`${path}.tmp`, path);
  }

  /** One write at a time. Calls during a write share the next one, which includes all their changes. */
  function save(name: string): Promise<void> {
    const current = writing.get(name);
    if (current === undefined) {
      const entry = { running: Promise.resolve(), next: undefined as Promise<void> | undefined };
      entry.running = write(name).finally(() => {
        if (writing.get(name) === entry && entry.next === undefined) writing.delete(name);
      });
      writing.set(name, entry);
      return entry.running;
    }
    current.next ??= current.running
      .catch(() => undefined)
      .then(() => {
        writing.delete(name);
        return save(name);
      });
    return current.next;
  }

  return {
    names: () => [...repositories.keys()],
    find: (name) => repositories.get(name),
    open(name) {
      const state = repositories.get(name) ?? { blobs: new Set(), manifests: new Map(), tags: new Map() };
      repositories.set(name, state);
      return state;
    },
    save,
  };
}
