import { randomUUID } from "node:crypto";
import { isDigest } from "../../src/oci/digest.ts";
import { describeLeftOut } from "../../src/replication/outcome/left-out.ts";
import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import { showManyImages } from "../copy/report/show-many-images.ts";
import type { ManyImagesShown } from "../copy/report/show-many-images.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { openPlan } from "../plan/open-plan.ts";
import type { OpenedPlan, RawPlacesOptions } from "../plan/open-plan.ts";
import { readPlan } from "../plan/plan-file.ts";
import type { PlanHead, PlannedCopy, PlannedDelete } from "../../src/inspection/plan/plan-line.ts";
import { counted, formatBytes } from "../terminal/format.ts";
import { reportFailure } from "../terminal/report-failure.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { applyCopy } from "./apply-copy.ts";
import type { AppliedCopy, ApplyContext } from "./apply-copy.ts";
import { applyDelete } from "./apply-delete.ts";
import type { AppliedDelete } from "./apply-delete.ts";
import { createEarlierLines } from "./earlier-lines.ts";
import { createFirstRequests } from "./first-requests.ts";

export interface RawApplyOptions extends RawPlacesOptions {
  readonly file: string;
  readonly parallel: number;
  readonly jobs: number;
}

type Line = PlannedCopy | PlannedDelete;
type Applied = AppliedCopy | AppliedDelete | { readonly kind: "failed"; readonly error: unknown };

/**
 * Runs `freightliner apply`: carries out a plan, line by line, and refuses by name what has moved since. @returns 0 when everything was done, 1 when
 * something was refused or failed. @throws {UsageError} when the file is not whole, or of another configuration or stack.
 */
export async function apply(given: RawApplyOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const { head, lines } = await checkPlan(given.file);
  const { jobs, parallel } = given;
  const streams = createUploadConcurrency({ small: jobs, big: jobs, now: Date.now });
  await using opened = await openPlan(given, terminal, signal, () => streams.backOff());
  checkHead(head, opened);
  const earlier = createEarlierLines();
  const run = `apply-${new Date().toISOString()}-${randomUUID().slice(0, 8)}`;
  const { operations } = opened;
  const { sides } = opened.context;
  const firstTo = createFirstRequests();
  const context: ApplyContext = { sides, operations, earlier, streams, firstTo, run };
  const progress = showManyImages(terminal.notes, lines);
  const total = createTotal();
  const rest = readPlan(given.file);
  const worker = async (): Promise<void> => {
    for await (const line of rest) {
      if (line.kind === "plan") continue;
      signal.throwIfAborted();
      // Before anything is waited for: lines begin in the order of the file.
      if (line.kind === "copy") earlier.expect(line);
      const applied = await applyLine(line, { opened, context, progress }, signal);
      total.add(applied);
      await progress.print(() => reportLine(line, applied, terminal));
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, worker));
  } finally {
    await earlier.settled();
    progress.end();
    terminal.notes.lines([total.describe()]);
  }
  return total.isComplete() ? ExitCode.ok : ExitCode.failed;
}

/** Reads the whole file before anything is done. */
async function checkPlan(file: string): Promise<{ readonly head: PlanHead; readonly lines: number }> {
  let head: PlanHead | undefined;
  let lines = 0;
  for await (const line of readPlan(file)) {
    if (line.kind === "plan") head = line;
    else lines++;
  }
  if (head === undefined) throw new UsageError(`${file} is empty; plan again`, { command: "apply" });
  return { head, lines };
}

function checkHead({ configuration, stack }: PlanHead, { context }: OpenedPlan): void {
  const { version } = context.configuration;
  if (configuration !== version) {
    throw new UsageError(
      `the configuration has changed since the plan (${configuration}, now ${version}); plan again`,
      { command: "apply" },
    );
  }
  if (stack === context.stack) return;
  const was = stack === undefined ? "without the records of a stack" : `with the records of the stack ${stack}`;
  throw new UsageError(`the plan was made ${was}; apply it with the same --stack or --local`, { command: "apply" });
}

interface Applying {
  readonly opened: OpenedPlan;
  readonly context: ApplyContext;
  readonly progress: ManyImagesShown;
}

async function applyLine(line: Line, { opened, context, progress }: Applying, signal: AbortSignal): Promise<Applied> {
  const { destinations } = opened.context.configuration;
  const destination = destinations.find(({ name }) => name === line.destination);
  if (destination === undefined) return { kind: "refused", why: `there is no destination ${line.destination}` };
  const shown = progress.begin({ registry: destination.access.registry, name: line.to });
  try {
    return line.kind === "copy"
      ? await applyCopy(line, context, shown.observe, signal)
      : await applyDelete(line, opened, context.run, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "failed", error };
  } finally {
    if (line.kind === "copy") context.earlier.end(line);
    shown.end();
  }
}

function nameOf(line: Line): string {
  if (line.kind === "delete") return `${line.destination}/${line.to}:${line.tombstone.tag}`;
  return `${line.repository}${isDigest(line.reference) ? "@" : ":"}${line.reference}`;
}

async function reportLine(line: Line, applied: Applied, terminal: Terminal): Promise<void> {
  const name = nameOf(line);
  if (terminal.json && applied.kind !== "failed") {
    terminal.out.json({ name, destination: line.destination, to: line.to, ...applied });
    return;
  }
  if (applied.kind === "failed") await reportFailure(applied.error, terminal, `${name} was not done`);
  if (applied.kind === "refused") terminal.err.lines([`freightliner: ${name} was refused: ${applied.why}; plan again`]);
  if (applied.kind === "copied" && applied.leftOut.length > 0)
    terminal.out.lines([`${name}: ${describeLeftOut(applied.leftOut)}`]);
}

/** Counts how the lines ended. */
function createTotal() {
  const counts = { copied: 0, present: 0, deleted: 0, refused: 0, failed: 0, bytes: 0, blobs: 0 };
  return {
    add(applied: Applied): void {
      counts[applied.kind]++;
      if (applied.kind !== "copied") return;
      counts.bytes += applied.statistics.bytesUploaded;
      counts.blobs += applied.statistics.blobsUploaded;
    },
    isComplete: (): boolean => counts.refused + counts.failed === 0,
    describe(): string {
      const { copied, present, deleted, refused, failed, bytes, blobs } = counts;
      const others = [
        [present, "there already"],
        [deleted, "deleted"],
        [refused, "refused"],
        [failed, "failed"],
      ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
      return [
        `copied ${counted(copied, "image")}: sent ${counted(blobs, "blob")} (${formatBytes(bytes)})`,
        ...others,
      ].join("; ");
    },
  };
}
