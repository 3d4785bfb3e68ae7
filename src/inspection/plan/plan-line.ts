import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import { Tombstone } from "../../replication/deletes/deletion-record.ts";

const Digest = z.string().refine(isDigest);
const Repository = z.string().refine(isRepositoryName);
const TagOrDigest = z.union([Digest, z.string().refine(isTag)]);
const Place = { destination: z.string(), repository: Repository, to: Repository };

/** The first line of a plan's file. */
const PlanHead = z.strictObject({
  kind: z.literal("plan"),
  version: z.literal(1),
  /** When the comparison began; epoch milliseconds. */
  at: z.number(),
  /** The version of the configuration that decided. */
  configuration: z.string(),
  /** The stack whose records decided, too; absent: none. */
  stack: z.string().optional(),
});
export type PlanHead = z.infer<typeof PlanHead>;

/**
 * A blob that the target lacks. `send`: its bytes are sent. `shared`: an earlier line sends it to a repository that shares its blobs with this one.
 * `mount`: it is mounted from the repository of an earlier line, or sent if the registry does not grant that. `again`: an earlier line brings it
 * to the same repository.
 */
const FileBlob = z.strictObject({
  how: z.enum(["send", "shared", "mount"]),
  digest: Digest,
  size: z.int().nonnegative(),
  from: Repository.optional(),
  again: z.literal(true).optional(),
});
export type FileBlob = z.infer<typeof FileBlob>;

const FileManifest = z.strictObject({
  digest: Digest,
  mediaType: z.string(),
  size: z.int().nonnegative(),
  reference: TagOrDigest,
  /** Manifests of one batch are put together, after all batches before. */
  batch: z.int().nonnegative(),
  /** An earlier line puts it to the same repository. */
  again: z.literal(true).optional(),
  /** Base64; only of a manifest that the source does not have. */
  bytes: z.base64().optional(),
});
export type FileManifest = z.infer<typeof FileManifest>;

/** One image that is copied. */
export const PlannedCopy = z.strictObject({
  kind: z.literal("copy"),
  ...Place,
  /** What names it at the source. */
  reference: TagOrDigest,
  /** What that named. */
  digest: Digest,
  /** What names it at the target, and what that named; absent: nothing. */
  as: TagOrDigest,
  replaces: Digest.optional(),
  rule: z.string(),
  how: z.enum(["put", "overwrite", "merge", "rename", "keep"]),
  pushedAt: z.number(),
  /** What was copied of an index, if that is not all. */
  origin: z.strictObject({ digest: Digest, platforms: z.string() }).optional(),
  blobs: z.array(FileBlob),
  manifests: z.array(FileManifest),
});
export type PlannedCopy = z.infer<typeof PlannedCopy>;

/** One tag of the target that is deleted. */
export const PlannedDelete = z.strictObject({
  kind: z.literal("delete"),
  ...Place,
  tombstone: Tombstone,
  /** What the source listed under the tag, if it is to be deleted all the same. */
  listed: z.strictObject({ digest: Digest, pushedAt: z.number() }).optional(),
  allowance: z.strictObject({ tags: z.int(), maxRatioPerDay: z.number() }),
});
export type PlannedDelete = z.infer<typeof PlannedDelete>;

/** The last line: a file without it is not whole. */
const PlanEnd = z.strictObject({ kind: z.literal("end"), copies: z.int(), deletes: z.int() });

/** A line of a plan's file. */
export const PlanLine = z.discriminatedUnion("kind", [PlanHead, PlannedCopy, PlannedDelete, PlanEnd]);
export type PlanLine = z.infer<typeof PlanLine>;

/** Writes a plan line by line. It appears under its name only when it is whole. */
export interface PlanWriter {
  write(line: PlanLine): void;
  /** Waits for what was written so far. @throws when the file cannot be written. */
  flush(): Promise<void>;
  /** Gives the file its name. */
  keep(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}
