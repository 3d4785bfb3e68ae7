import { isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Repository, Tag } from "../../src/oci/reference.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { deniesContent } from "../../src/oci/errors/registry-error.ts";
import { describeLeftOut } from "../../src/replication/outcome/left-out.ts";
import type { LeftOut } from "../../src/replication/outcome/left-out.ts";
import type { Tally } from "../../src/replication/outcome/copy-statistics.ts";
import type { Streams } from "../../src/replication/pacing/upload-concurrency.ts";
import { counted, formatBytes, formatDuration } from "../terminal/format.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { executePlan } from "./execute-plan.ts";
import type { CopyResult, ExecutionPorts } from "./execute-plan.ts";
import type { CopyOptions } from "./copy-options.ts";
import { rememberContent, planCopy } from "./copy-plan.ts";
import type { CopyPlan, KnownDigests } from "./copy-plan.ts";
import type { ImagePair } from "./expand-tags.ts";
import { resolveImage } from "./resolve-image.ts";
import { readImageAndCompanions } from "./image-and-companions.ts";
import { showProgress } from "./show-progress.ts";
import { describePlan, summarizePlan } from "./describe-plan.ts";

/** What all copies of a run share. */
export interface CopyRun {
  readonly repositories: Pick<Repositories, "source" | "target">;
  readonly streams: Streams;
  readonly terminal: Terminal;
  readonly knownDigestsOf: (target: Repository) => KnownDigests;
}

/** Makes the plan; one that doubts what the target says it has, when it has denied that. */
type PlanFor = (isDoubted: boolean) => Promise<CopyPlan>;

/** Copies one image: a plan, then what it says. A dry run shows it instead. @throws what the copy throws. */
export async function copyImage(
  pair: ImagePair,
  way: CopyOptions,
  tools: CopyRun,
  signal: AbortSignal,
): Promise<"copied" | "unchanged"> {
  const started = Date.now();
  const { terminal, repositories, knownDigestsOf } = tools;
  const [source, target] = await Promise.all([repositories.source(pair.source), repositories.target(pair.target)]);
  const root = await resolveImage({ ...way, source: pair.source }, source, signal);
  const reference = pair.target.tag ?? pair.source.tag ?? root.digest;
  const images = await readImageAndCompanions({ root, reference }, { ...way, source }, signal);
  const mountFrom = pair.source.registry === pair.target.registry ? pair.source.name : undefined;
  const known = knownDigestsOf(pair.target);
  const planFor: PlanFor = (isDoubted) => planCopy(images, { target, mountFrom, known, isDoubted }, signal);
  const plan = await planFor(false);
  const about = { source: formatReference(pair.source), target: placeOf(pair.target, reference), digest: root.digest };
  const outcome = plan.blobs.length === 0 && plan.batches.length === 0 ? "unchanged" : "copied";
  if (way.dryRun) {
    showPlan(about, plan, terminal);
  } else {
    const hands = { source, target, streams: tools.streams, clock: systemClock };
    const done: Done =
      outcome === "unchanged" ? plan : await carryOutPatiently({ plan, planFor }, hands, terminal, signal);
    tellDone({ ...about, outcome, ms: Date.now() - started }, done, terminal);
  }
  rememberContent(plan, known);
  return outcome;
}

/** What was done; nothing when all was there. */
interface Done {
  readonly tally?: Tally;
  readonly leftOut: readonly LeftOut[];
}

/** What is left out is not silenced by `--quiet`: who relies on what is copied must know what is not. */
function tellDone(
  about: About & { readonly outcome: string; readonly ms: number },
  done: Done,
  terminal: Terminal,
): void {
  const { tally, leftOut } = done;
  if (terminal.json) return terminal.out.json({ ...about, ...tally, leftOut });
  terminal.out.lines([describeCopied(about, tally, about.ms)]);
  if (leftOut.length > 0) terminal.err.lines([`left out: ${describeLeftOut(leftOut)}`]);
}

interface About {
  readonly source: string;
  readonly target: string;
  readonly digest: Digest;
}

function placeOf(target: Repository, reference: Tag | Digest): string {
  const name = formatReference({ registry: target.registry, name: target.name });
  return `${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function showPlan(about: About, plan: CopyPlan, { out, json }: Terminal): void {
  if (json) out.json({ ...about, plan: summarizePlan(plan) });
  else out.lines([`${about.target} is to be ${about.digest}`, ...describePlan(plan)]);
}

/** Carries out a plan; sends everything when the target denies having what it said it had. */
async function carryOutPatiently(
  { plan, planFor }: { readonly plan: CopyPlan; readonly planFor: PlanFor },
  tools: Omit<ExecutionPorts, "observe">,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<CopyResult> {
  const progress = showProgress(terminal.notes);
  const hands = { ...tools, observe: progress.observe };
  try {
    return await executePlan(plan, hands, signal);
  } catch (error) {
    if (!deniesContent(error)) throw error;
    progress.observe({ kind: "denied" });
    return await executePlan(await planFor(true), hands, signal);
  } finally {
    progress.end();
  }
}

function describeCopied({ target, digest }: About, tally: Tally | undefined, ms: number): string {
  if (tally === undefined) return `${target} is ${digest} already`;
  const mounted = tally.blobsMounted === 0 ? "" : `${tally.blobsMounted} mounted, `;
  const sent = `${counted(tally.blobsUploaded, "blob")} sent (${formatBytes(tally.bytesUploaded)})`;
  return `${target} is ${digest}: ${sent}, ${mounted}${tally.blobsPresent} there already, ${formatDuration(ms)}`;
}
