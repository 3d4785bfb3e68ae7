import type { Repository } from "../../src/oci/reference.ts";
import { formatReference } from "../../src/oci/reference.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { isContentMissing } from "../../src/oci/errors/registry-error.ts";
import type { UploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CopyOptions } from "./copy-options.ts";
import { isEmptyPlan, planCopy, rememberContent } from "./copy-plan.ts";
import type { CopyPlan, KnownDigests } from "./copy-plan.ts";
import { executePlan } from "./execute-plan.ts";
import type { CopyResult, ExecutionPorts } from "./execute-plan.ts";
import type { ImagePair } from "./expand-tags.ts";
import { readImageAndCompanions } from "./image-and-companions.ts";
import { reportCopy } from "./report/report-copy.ts";
import { reportPlan } from "./report/report-plan.ts";
import { withKnownTags } from "./known-tags.ts";
import { resolveImage } from "./resolve-image.ts";
import { showProgress } from "./report/show-progress.ts";

/** What all images of one `copy` command share. */
export interface CopyRun {
  readonly repositories: Pick<Repositories, "source" | "target">;
  readonly streams: UploadConcurrency;
  readonly terminal: Terminal;
  readonly knownDigestsOf: (target: Repository) => KnownDigests;
}

/** Plans the copy. With `distrustTarget`, it plans to send everything: the target has denied content that it had reported. */
type MakePlan = (distrustTarget: boolean) => Promise<CopyPlan>;

/**
 * Copies one image: plans, executes the plan, reports. A dry run reports the plan and stops there.
 * @throws {NotFoundError} when the source has no such image or platform. @throws {RegistryError} of either side.
 */
export async function copyImage(
  pair: ImagePair,
  options: CopyOptions,
  run: CopyRun,
  signal: AbortSignal,
): Promise<"copied" | "unchanged"> {
  const startedAt = Date.now();
  const { repositories, terminal } = run;
  const [source, target] = await Promise.all([repositories.source(pair.source), repositories.target(pair.target)]);
  const root = await resolveImage({ ...options, source: pair.source }, source, signal);
  const reference = pair.target.tag ?? pair.source.tag ?? root.digest;
  const listed = withKnownTags(source, pair.sourceTags);
  const images = await readImageAndCompanions({ root, reference }, { ...options, source: listed }, signal);
  const known = run.knownDigestsOf(pair.target);
  const mountFrom = pair.source.registry === pair.target.registry ? pair.source.name : undefined;
  const makePlan: MakePlan = (distrustTarget) => planCopy(images, { target, mountFrom, known, distrustTarget }, signal);

  const plan = await makePlan(false);
  const outcome = isEmptyPlan(plan) ? "unchanged" : "copied";
  const subject = { source: formatReference(pair.source), target: pair.target, reference, digest: root.digest };
  if (options.dryRun) {
    reportPlan(subject, plan, terminal);
  } else {
    const ports = { source, target, streams: run.streams, clock: systemClock };
    const result = isEmptyPlan(plan) ? plan : await execute({ plan, makePlan }, ports, terminal, signal);
    reportCopy(subject, { outcome, ms: Date.now() - startedAt, ...result }, terminal);
  }
  rememberContent(plan, known);
  return outcome;
}

/** Executes the plan. When the target denies content that it had reported, plans again and sends everything. */
async function execute(
  { plan, makePlan }: { readonly plan: CopyPlan; readonly makePlan: MakePlan },
  ports: Omit<ExecutionPorts, "observe">,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<CopyResult> {
  const progress = showProgress(terminal.notes);
  const observed = { ...ports, observe: progress.observe };
  try {
    return await executePlan(plan, observed, signal);
  } catch (error) {
    if (!isContentMissing(error)) throw error;
    progress.observe({ kind: "denied" });
    return await executePlan(await makePlan(true), observed, signal);
  } finally {
    progress.end();
  }
}
