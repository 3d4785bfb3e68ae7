import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { Status } from "../../src/api/schemas/status.ts";
import { ListedTag } from "../../src/api/schemas/tag.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import { bar, progressBar } from "../terminal/progress-bar.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatBytes, formatDuration } from "../terminal/format.ts";

const BAR_WIDTH = 20;
/** Copies listed; more do not fit on a screen. */
const SHOWN = 30;
/** So many copies have room for their blobs. */
const FEW = 4;
/** Blobs listed below a copy: the largest ones. */
const BLOBS = 6;

/** Runs `freightliner watch`: prints running copies and their progress at an interval, until it is interrupted. */
export async function watch(
  given: RawApiOptions & { readonly every: number },
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  for (let last = ""; ;) {
    const look = await read(api, { path: "/api/status" }, Status);
    const copies = await read(api, { path: "/api/copies" }, z.array(ListedTag));
    const page = describe(api.name, look, copies);
    const shown = page.join("\n");
    if (json) out.json(look);
    // Not on a terminal, the page is appended: print it only when it has changed.
    else if (out.isTTY || shown !== last) out.page(page);
    last = shown;
    await sleep(given.every * 1_000, undefined, { signal });
  }
}

function describe(stack: string, { tags, deadLetters }: Status, copying: readonly ListedTag[]): string[] {
  const { copying: count, waiting, equal, failed, skipped, quarantined, cancelled } = tags;
  const head = `${stack}: ${count} copying, ${waiting} waiting, ${equal} equal, ${failed} failed, ${skipped} skipped${quarantined === 0 ? "" : `, ${quarantined} quarantined`}${cancelled === 0 ? "" : `, ${cancelled} cancelled`}, dead letters: ${deadLetters}`;
  const shown = copying.slice(0, SHOWN);
  const lines = copying.length > FEW ? shown.map(describeCopy) : shown.flatMap(describeCopyAndBlobs);
  const more = copying.length > SHOWN ? [`  and ${copying.length - SHOWN} more`] : [];
  return [head, ...lines, ...more];
}

function describeCopy({ key, copyingMs, progress }: ListedTag): string {
  const time = copyingMs === undefined ? "" : `, for ${formatDuration(copyingMs)}`;
  return `  ${key}  ${progress === undefined ? "started" : progressBar(progress, BAR_WIDTH)}${time}`;
}

function describeCopyAndBlobs(tag: ListedTag): string[] {
  const blobs = tag.progress?.inFlight ?? [];
  return [
    describeCopy(tag),
    ...blobs.slice(0, BLOBS).map(({ digest, size, sent }) => {
      const share = bar(size === 0 ? 1 : sent / size, BAR_WIDTH);
      return `    ${digest}  ${share} ${formatBytes(sent)} of ${formatBytes(size)}`;
    }),
    ...(blobs.length > BLOBS ? [`    and ${blobs.length - BLOBS} more blobs`] : []),
  ];
}
