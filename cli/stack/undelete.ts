import { randomUUID } from "node:crypto";
import type { ManifestWanted } from "../../src/oci/image-source.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Reference, Tag } from "../../src/oci/reference.ts";
import { COPY_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { undelete as undeleteTag } from "../../src/replication/deletes/undelete.ts";
import type { Undeleted } from "../../src/replication/deletes/undelete.ts";
import { tagKey } from "../../src/replication/state/tag-record.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import type { Operations } from "../../src/wiring/operations/open-operations.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";
import { readImageReference } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import { formatDuration } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** Receipts of a tag that are searched for its deletion. */
const RECEIPTS = 50;

interface GivenUndelete extends RawAccessOptions, RawStackOptions {
  readonly destination?: string | undefined;
}

/** Runs `freightliner undelete`: keeps a tag that is to be deleted at a destination, or restores one that was. */
export async function undelete(
  text: string,
  { destination, ...given }: GivenUndelete,
  { out, json, environment }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const reference = readImageReference("undelete", text);
  const { tag } = reference;
  if (tag === undefined || reference.digest !== undefined)
    throw new UsageError(`${text} does not name a tag; write REGISTRY/REPOSITORY:TAG`, { command: "undelete" });
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(given) });
  const scope = await scopeOf(reference, tag, destination, operations);
  const [source, target] = await Promise.all([repositories.source(reference), repositories.target(reference)]);
  const { stores, receipts } = operations;
  const ports = {
    tags: stores.tags,
    deletions: stores.deletions,
    receipts: (key: string) => receipts(key, RECEIPTS),
    target: {
      ...target,
      fetchManifest: (wanted: ManifestWanted, working: AbortSignal) => source.fetchManifest(wanted, working),
    },
    now: Date.now,
    owner: randomUUID(),
    leaseMs: COPY_LEASE_SECONDS * 1_000,
  };
  const result = await undeleteTag(tag, scope, ports, signal);
  const name = formatReference(reference);
  const line = describeUndeleted(name, result);
  if (json) out.json({ image: name, ...result });
  else out.lines([line]);
  return ExitCode.ok;
}

/** The destination that has a record of the tag. @throws {NotFoundError} | {UsageError} */
async function scopeOf(
  { name }: Reference,
  tag: Tag,
  destination: string | undefined,
  { parts, stores, signal }: Operations,
): Promise<string> {
  const scopes = parts.destinations
    .filter((each) => destination === undefined || each === destination)
    .map((each) => `${each}/${name}`);
  const records = await Promise.all(scopes.map((scope) => stores.tags.read(tagKey(scope, tag), signal)));
  const known = scopes.filter((_, index) => records[index] !== undefined);
  const [scope] = known;
  if (scope === undefined) throw new NotFoundError(`the stack has no record of ${name}:${tag}`);
  if (known.length === 1) return scope;
  const names = known.map((each) => each.slice(0, each.indexOf("/"))).join(", ");
  throw new UsageError(`several destinations have ${name}:${tag} (${names}); add --destination`, {
    command: "undelete",
  });
}

/** What was done, in one line. @throws {NotFoundError} when nothing could be. */
export function describeUndeleted(name: string, result: Undeleted): string {
  switch (result.kind) {
    case "kept":
      return `kept ${name} (${result.digest}): its tombstone is removed`;
    case "restored":
      return `restored ${name} (${result.digest})`;
    case "present":
      return `${name} is there (${result.digest}), and has no tombstone`;
    case "unknown":
      throw new NotFoundError(`${name} has no tombstone, and no receipt says that it was deleted`);
    case "lost":
      throw new NotFoundError(`the destination no longer has the image of ${name} (${result.digest}); push it again`);
    case "busy":
      throw new Error(
        `something else works on ${name}; try again in ${formatDuration(Math.max(result.until - Date.now(), 1_000))}`,
      );
  }
}
