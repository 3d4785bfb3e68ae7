import { describeOutcome } from "../../src/replication/outcome/outcome.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import { statusOf } from "../../src/replication/state/tag-status.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import type { Operations } from "../../src/wiring/operations/open-operations.ts";
import { readStackStatus } from "../../src/wiring/operations/stack-status.ts";
import type { StackStatus } from "../../src/wiring/operations/stack-status.ts";
import { progressBar } from "../terminal/progress-bar.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { describeReceipt } from "./describe-receipt.ts";
import { showImage } from "./image-status.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted, formatBytes, formatDuration } from "../terminal/format.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";
import { createTable } from "../terminal/table.ts";

/** Tags listed that differ from the source. */
const SHOWN = 20;
const RECEIPTS = 10;
const BAR_WIDTH = 10;

/** Runs `freightliner status`: prints destinations, queues and tags of a stack once, or what is known of one image or tag. */
export async function status(
  given: RawStackOptions & { readonly image?: string | undefined; readonly tag?: string | undefined },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const { out, json } = terminal;
  if (given.image !== undefined) return showImage(given.image, operations, terminal);
  if (given.tag !== undefined) return showTag(given.tag, operations, out);
  const found = await readStackStatus(operations);
  if (json) out.json(found);
  else out.lines(describeStatus(stack, found));
  return ExitCode.ok;
}

function describeComparison({ name, begins, startedAt, finishedAt }: StackStatus["comparisons"][number]): string {
  const ago = (at: number): string => `${formatDuration(Math.max(Date.now() - at, 0))} ago`;
  if (startedAt === undefined) return `comparison ${name}: ${begins}; not run yet`;
  const end = finishedAt === undefined ? "still running" : `finished ${ago(finishedAt)}`;
  return `comparison ${name}: ${begins}; started ${ago(startedAt)}, ${end}`;
}

function describeLeftOut({ name, leftOut }: StackStatus["destinations"][number]): string[] {
  if (leftOut === undefined) return [];
  const { images, bytes, why } = leftOut;
  const what = `${counted(images, "tag")} from before the deployment, about ${formatBytes(bytes)}`;
  return [`backfill ${name}: ${what}, left out; "reconcile.backfill" is ${why}`];
}

/** The status of a stack as lines of text. */
export function describeStatus(
  stack: string,
  { destinations, comparisons, tags, behind, deadLetters }: StackStatus,
): string[] {
  const lines = [`${stack}: ${counted(tags.all, "tag")}, ${tags.equal} equal at their destinations`, ""];
  const table = createTable(["destination", "circuit", "queues", "rate", "waiting", "in flight", "pending pushes"]);
  for (const { name, circuit, intake, rate, queues, pending } of destinations) {
    const total = (field: "waiting" | "inFlight"): string =>
      queues.map((queue) => `${queue[field]} ${queue.priority}`).join(", ");
    const perSecond = rate === undefined ? "-" : `${Math.round(rate)}/s`;
    table.row([
      name,
      describeCircuit(circuit),
      intake.state === "held" ? `paused by ${intake.by}` : intake.state,
      perSecond,
      total("waiting"),
      total("inFlight"),
      describePending(pending),
    ]);
  }
  lines.push(...table.lines(), "", ...comparisons.map(describeComparison), ...destinations.flatMap(describeLeftOut));
  const { copying, waiting, failed, skipped, quarantined } = tags;
  const counts = `${copying} copying, ${waiting} waiting, ${failed} failed, ${skipped} skipped`;
  lines.push(`tags: ${counts}${quarantined === 0 ? "" : `, ${quarantined} quarantined`}`);
  for (const { key, state, lagMs, last, progress } of behind.slice(0, SHOWN)) {
    const far =
      progress === undefined
        ? `last: ${last === undefined ? "requested" : describeOutcome(last)}`
        : progressBar(progress, BAR_WIDTH);
    lines.push(`  ${state.padEnd(quarantined === 0 ? 8 : 11)} ${key}  pushed ${formatDuration(lagMs)} ago, ${far}`);
  }
  if (behind.length > SHOWN) lines.push(`  and ${behind.length - SHOWN} more; --json lists all`);
  lines.push(
    deadLetters === 0
      ? "dead letters: none"
      : `dead letters: ${deadLetters}; run "freightliner redrive" to see why they failed`,
  );
  return lines;
}

function describePending({ copies, bytes, oldestMs, late }: StackStatus["destinations"][number]["pending"]): string {
  if (copies === 0) return "none";
  const size = bytes === 0 ? "" : ` (${formatBytes(bytes)})`;
  return `${copies}${size}, oldest ${formatDuration(oldestMs)}${late === 0 ? "" : `, ${late} late`}`;
}

function describeCircuit(circuit: StackStatus["destinations"][number]["circuit"]): string {
  if (!("since" in circuit)) return circuit.state;
  return `${circuit.state} for ${formatDuration(Date.now() - circuit.since)}`;
}

/** A record has platforms with the variant that is meant when none is written. People write none. */
function withoutBaseVariant(platforms: string): string {
  return platforms.replaceAll(/amd64\/v1(?![\d.])/g, "amd64").replaceAll(/arm64\/v8(?![\d.])/g, "arm64");
}

function describeReplicated({ replicated }: TagRecord): string {
  if (replicated === undefined) return "never replicated";
  const { digest, origin } = replicated;
  return origin === undefined ? digest : `${digest} (of ${origin.digest}: ${withoutBaseVariant(origin.platforms)})`;
}

/** Prints one tag: its state, and how its last copy requests ended. */
async function showTag(key: string, { stores, receipts, signal }: Operations, out: Terminal["out"]): Promise<ExitCode> {
  const record = await stores.tags.read(key, signal);
  if (record === undefined) {
    out.lines([
      `there is no record of ${key}; write DESTINATION/PREFIX/REPOSITORY:TAG with the prefix of the destination, as status lists tags`,
    ]);
    return ExitCode.notFound;
  }
  out.lines([`${key}: ${statusOf(record, Date.now())}, ${describeReplicated(record)}`]);
  for (const receipt of await receipts(key, RECEIPTS)) {
    out.lines(describeReceipt(receipt).map((line) => `  ${line}`));
  }
  return ExitCode.ok;
}
