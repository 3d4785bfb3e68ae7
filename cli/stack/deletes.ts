import * as z from "zod";
import { PendingDelete } from "../../src/api/schemas/deletes.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner deletes`: lists the tags that are to be deleted at the destinations. */
export async function deletes(given: RawApiOptions, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const pending = await read(api, { path: "/api/deletes" }, z.array(PendingDelete));
  if (json) for (const each of pending) out.json(each);
  else out.lines(describeDeletes(pending, Date.now()));
  return ExitCode.ok;
}

function describeDeletes(pending: readonly PendingDelete[], now: number): string[] {
  if (pending.length === 0) return ["no tag is to be deleted"];
  const lines = pending.map(({ key, dueAt, cause, rule, heldBack }) => {
    const due = dueAt > now ? `in ${formatDuration(dueAt - now)}` : "with the next comparison";
    return `  ${key}  ${heldBack === undefined ? due : `not deleted: ${heldBack}`} (${cause}, ${rule})`;
  });
  return [`${counted(pending.length, "tag")} to be deleted`, ...lines];
}
