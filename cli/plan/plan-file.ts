import { appendFile, open, rename, rm } from "node:fs/promises";
import * as z from "zod";
import { isDigest } from "../../src/oci/digest.ts";
import { isRepositoryName, isTag } from "../../src/oci/reference.ts";
import { Tombstone } from "../../src/replication/deletes/deletion-record.ts";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";

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
const PlannedCopy = z.strictObject({
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
const PlannedDelete = z.strictObject({
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

const PlanLine = z.discriminatedUnion("kind", [PlanHead, PlannedCopy, PlannedDelete, PlanEnd]);

/** Writes a plan line by line. It appears under its name only when it is whole. */
export interface PlanWriter {
  write(line: PlanHead | PlannedCopy | PlannedDelete | z.infer<typeof PlanEnd>): void;
  /** Waits for what was written so far. @throws {UsageError} when the file cannot be written. */
  flush(): Promise<void>;
  /** Gives the file its name. */
  keep(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

export function createPlanWriter(path: string): PlanWriter {
  const partial = `${path}.partial`;
  let text = "";
  let isNew = true;
  const written = async (): Promise<void> => {
    const [next, flag] = [text, isNew ? "w" : "a"];
    [text, isNew] = ["", false];
    if (next !== "" || flag === "w") await appendFile(partial, next, { flag, mode: 0o600 });
  };
  const explained = (work: () => Promise<void>): Promise<void> =>
    work().catch((cause: unknown) => {
      throw new UsageError(`${path} cannot be written (${errorCode(cause)}); choose another file`, { cause });
    });
  return {
    write: (line) => void (text += `${JSON.stringify(line)}\n`),
    flush: () => explained(written),
    keep: () => explained(async () => (await written(), rename(partial, path))),
    discard: () => rm(partial, { force: true }),
  };
}

/** Reads the lines of a plan one by one. @throws {UsageError} when the file is no plan, or not whole. */
export async function* readPlan(path: string): AsyncGenerator<PlanHead | PlannedCopy | PlannedDelete> {
  let [number, lines] = [0, 0];
  let isWhole = false;
  for await (const line of linesOf(path)) {
    const parsed = PlanLine.safeParse(parse(line));
    if (!parsed.success || isWhole || (number === 0) !== (parsed.data.kind === "plan")) {
      throw new UsageError(
        `${path} is not a plan of this version: line ${number + 1} is not as plan writes it; plan again`,
      );
    }
    number++;
    if (parsed.data.kind !== "end") {
      yield parsed.data;
      continue;
    }
    lines = parsed.data.copies + parsed.data.deletes;
    isWhole = lines === number - 2;
  }
  if (!isWhole) throw new UsageError(`${path} is not whole: its last lines are missing; plan again`);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const unreadable = (cause: unknown): never => {
    throw new UsageError(`${path} cannot be read (${errorCode(cause)})`, { cause, command: "apply" });
  };
  await using file = await open(path).catch(unreadable);
  try {
    yield* file.readLines();
  } catch (cause) {
    unreadable(cause);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
