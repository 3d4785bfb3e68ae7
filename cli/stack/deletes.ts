import type { DeletionRecord, Tombstone } from "../../src/replication/deletes/deletion-record.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** Runs `freightliner deletes`: lists the tags that are to be deleted at the destinations. */
export async function deletes(given: RawStackOptions, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const found: PendingDelete[] = [];
  for await (const each of operations.deletions()) found.push(...pendingDeletes(each));
  const sorted = found.toSorted((a, b) => a.dueAt - b.dueAt);
  if (json) for (const each of sorted) out.json(each);
  else out.lines(describeDeletes(sorted, Date.now()));
  return ExitCode.ok;
}

export interface PendingDelete extends Tombstone {
  /** `destination/repository:tag`. */
  readonly key: string;
}

/** The tombstones of one repository. */
export function pendingDeletes({
  key,
  record,
}: {
  readonly key: string;
  readonly record: DeletionRecord;
}): PendingDelete[] {
  return record.tombstones.map((tombstone) => ({ key: `${key}:${tombstone.tag}`, ...tombstone }));
}

export function describeDeletes(pending: readonly PendingDelete[], now: number): string[] {
  if (pending.length === 0) return ["no tag is to be deleted"];
  const lines = pending.map(({ key, dueAt, cause, rule, protected: held }) => {
    const due = dueAt > now ? `in ${formatDuration(dueAt - now)}` : "with the next comparison";
    return `  ${key}  ${held === undefined ? due : `not deleted: ${held.reason}`} (${cause}, ${rule})`;
  });
  return [`${counted(pending.length, "tag")} to be deleted`, ...lines];
}
