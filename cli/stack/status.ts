import * as z from "zod";
import { Receipt } from "../../src/api/schemas/receipt.ts";
import { Status } from "../../src/api/schemas/status.ts";
import type { Destination, PausedRepository } from "../../src/api/schemas/status.ts";
import { ListedTag } from "../../src/api/schemas/tag.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { progressBar } from "../terminal/progress-bar.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { describeReceipt } from "./describe-receipt.ts";
import { showImage } from "./image-status.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { counted, formatBytes, formatDuration } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";

/** Tags listed that differ from the source. */
const SHOWN = 20;
const RECEIPTS = 10;
const BAR_WIDTH = 10;

/** Runs `freightliner status`: prints destinations, queues and tags of a stack once, or what is known of one image or tag. */
export async function status(
  given: RawApiOptions & { readonly image?: string | undefined; readonly tag?: string | undefined },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { out, json } = terminal;
  if (given.image !== undefined) return showImage(given.image, api, terminal);
  if (given.tag !== undefined) return showTag(given.tag, api, terminal);
  const found = await read(api, { path: "/api/status" }, Status);
  if (json) out.json(found);
  else out.lines(describeStatus(api.name, found));
  return ExitCode.ok;
}

function describeComparison({ name, begins, startedAt, finishedAt }: Status["comparisons"][number]): string {
  const ago = (at: number): string => `${formatDuration(Math.max(Date.now() - at, 0))} ago`;
  if (startedAt === undefined) return `comparison ${name}: ${begins}; not run yet`;
  if (finishedAt === undefined) return `comparison ${name}: ${begins}; started ${ago(startedAt)}, still running`;
  // The record has the start of the newest run, and the end of the newest run that has ended.
  if (finishedAt < startedAt)
    return `comparison ${name}: ${begins}; started ${ago(startedAt)}, not finished; the last one finished ${ago(finishedAt)}`;
  return `comparison ${name}: ${begins}; started ${ago(startedAt)}, finished ${ago(finishedAt)}`;
}

function describePaused({ repository, by, since, waiting }: PausedRepository): string {
  const pushes = waiting === 1 ? "1 push waits" : `${waiting} pushes wait`;
  return `repository ${repository}: paused by ${by} for ${formatDuration(Date.now() - since)}; ${pushes}`;
}

function describeLeftOut({ name, leftOut }: Destination): string[] {
  if (leftOut === undefined) return [];
  const { images, bytes, why } = leftOut;
  const what = `${counted(images, "tag")} from before the deployment, about ${formatBytes(bytes)}`;
  return [`backfill ${name}: ${what}, left out; "reconcile.backfill" is ${why}`];
}

/** The status of a stack as lines of text. */
export function describeStatus(
  stack: string,
  { destinations, pausedRepositories, comparisons, tags, behind, deadLetters }: Status,
): string[] {
  const lines = [`${stack}: ${counted(tags.all, "tag")}, ${tags.equal} equal at their destinations`, ""];
  const table = createTable(["destination", "circuit", "queues", "rate", "waiting", "in flight", "pending pushes"]);
  for (const { name, circuit, requestsPerSecond: rate, queues, pending } of destinations) {
    const total = (field: "waiting" | "inFlight"): string =>
      queues.depths.map((queue) => `${queue[field]} ${queue.priority}`).join(", ");
    const perSecond = rate === undefined ? "-" : `${Math.round(rate)}/s`;
    table.row([
      name,
      describeCircuit(circuit),
      queues.state === "held" ? `paused by ${queues.by ?? "an operator"}` : queues.state,
      perSecond,
      total("waiting"),
      total("inFlight"),
      describePending(pending),
    ]);
  }
  lines.push(
    ...table.lines(),
    "",
    ...pausedRepositories.map(describePaused),
    ...comparisons.map(describeComparison),
    ...destinations.flatMap(describeLeftOut),
  );
  const { copying, waiting, failed, skipped, quarantined, cancelled } = tags;
  const counts = `${copying} copying, ${waiting} waiting, ${failed} failed, ${skipped} skipped`;
  const rare = `${quarantined === 0 ? "" : `, ${quarantined} quarantined`}${cancelled === 0 ? "" : `, ${cancelled} cancelled`}`;
  lines.push(`tags: ${counts}${rare}`);
  const width = rare === "" ? 8 : 11;
  for (const tag of behind.slice(0, SHOWN))
    lines.push(`  ${tag.state.padEnd(width)} ${tag.key}  pushed ${formatDuration(tag.lagMs)} ago, ${describeFar(tag)}`);
  const more = copying + waiting + failed + quarantined + cancelled - Math.min(behind.length, SHOWN);
  if (more > 0) lines.push(`  and ${more} more; the console lists all`);
  lines.push(
    deadLetters === 0
      ? "dead letters: none"
      : `dead letters: ${deadLetters}; run "freightliner redrive" to see why they failed`,
  );
  return lines;
}

/** How far a copy is, how it ended, or who has cancelled it. */
function describeFar({ state, outcome = "requested", progress, cancelled }: ListedTag): string {
  const by = cancelled === undefined ? "" : `cancelled by ${cancelled.by}`;
  if (state === "cancelled") return by;
  const far = progress === undefined ? `last: ${outcome}` : progressBar(progress, BAR_WIDTH);
  return by === "" ? far : `${far}, ${by}`;
}

function describePending({ copies, bytes, oldestMs, late }: Destination["pending"]): string {
  if (copies === 0) return "none";
  const size = bytes === 0 ? "" : ` (${formatBytes(bytes)})`;
  return `${copies}${size}, oldest ${formatDuration(oldestMs)}${late === 0 ? "" : `, ${late} late`}`;
}

function describeCircuit({ state, since }: Destination["circuit"]): string {
  return since === undefined ? state : `${state} for ${formatDuration(Date.now() - since)}`;
}

/** A record has platforms with the variant that is meant when none is written. People write none. */
function withoutBaseVariant(platforms: string): string {
  return platforms.replaceAll(/amd64\/v1(?![\d.])/g, "amd64").replaceAll(/arm64\/v8(?![\d.])/g, "arm64");
}

function describeReplicated({ digest, origin }: ListedTag): string {
  if (digest === undefined) return "never replicated";
  return origin === undefined ? digest : `${digest} (of ${origin.digest}: ${withoutBaseVariant(origin.platforms)})`;
}

/** Prints one tag: its state, and how its last copy requests ended. */
async function showTag(key: string, api: StackApi, { out, json }: Terminal): Promise<ExitCode> {
  const tag = await read(api, { path: "/api/tag", query: { key } }, ListedTag).catch((cause: unknown) => {
    if (!(cause instanceof NotFoundError)) throw cause;
    const form = "write DESTINATION/PREFIX/REPOSITORY:TAG with the prefix of the destination, as status lists tags";
    throw new NotFoundError(`there is no record of ${key}; ${form}`, { cause });
  });
  const query = { key, limit: String(RECEIPTS) };
  const receipts = await read(api, { path: "/api/receipts", query }, z.array(Receipt));
  if (json) out.json({ ...tag, receipts });
  else {
    out.lines([`${key}: ${tag.state}, ${describeReplicated(tag)}`]);
    for (const receipt of receipts) out.lines(describeReceipt(receipt).map((line) => `  ${line}`));
  }
  return ExitCode.ok;
}
