import { formatReference } from "../../src/oci/reference.ts";
import { measured } from "../../src/replication/spans/span.ts";
import type { Spans } from "../../src/replication/spans/span.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { isContentMissing } from "../../src/oci/errors/registry-error.ts";
import type { ObserveCopy } from "../../src/replication/state/copy-progress.ts";
import type { UploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import type { CopyOptions } from "./copy-options.ts";
import { isEmptyPlan, planCopy } from "../../src/inspection/content/copy-plan.ts";
import type { CopyPlan } from "../../src/inspection/content/copy-plan.ts";
import { executePlan } from "./execute-plan.ts";
import type { CopyResult, ExecutionPorts } from "./execute-plan.ts";
import type { ImagePair } from "./expand-tags.ts";
import { readImageAndCompanions } from "../../src/inspection/content/image-and-companions.ts";
import type { ReportSubject } from "./report/report-copy.ts";
import { withKnownTags } from "../../src/inspection/content/known-tags.ts";
import { resolveImage } from "./resolve-image.ts";
import type { SourceTags } from "./source-tags.ts";
import { askedOnce, workAhead } from "./work-ahead.ts";
import { lookUpEarly } from "./target/tag-look-up.ts";
import type { TargetRepositories } from "./target/target-repositories.ts";

/** What all images of one `copy` command share. */
export interface CopyRun {
  readonly repositories: Pick<Repositories, "source" | "target">;
  readonly targets: TargetRepositories;
  readonly sourceTags: SourceTags;
  /** It has one image: no other uses the line while that one waits for answers. */
  readonly isAlone: boolean;
  readonly streams: UploadConcurrency;
  /** Measures the copies; absent where no traces are collected. */
  readonly spans?: Spans | undefined;
}

/** How the copy of one image ended. */
export type ImageResult = {
  readonly subject: ReportSubject;
} & (
  | { readonly outcome: "planned"; readonly plan: CopyPlan }
  /** Without statistics when the target had everything. */
  | ({ readonly outcome: "copied" | "unchanged"; readonly ms: number } & Pick<CopyResult, "leftOut"> &
      Partial<Pick<CopyResult, "statistics">>)
);

/** Plans the copy. With `distrustTarget`, it plans to send everything: the target has denied content that it had reported. */
type MakePlan = (distrustTarget: boolean) => Promise<CopyPlan>;

/**
 * Copies one image: plans, and executes the plan. A dry run stops before that.
 * @throws {NotFoundError} when the source has no such image or platform. @throws {RegistryError} of either side.
 */
export function copyImage(
  pair: ImagePair,
  options: CopyOptions,
  run: ObservedRun,
  signal: AbortSignal,
): Promise<ImageResult> {
  if (run.spans === undefined) return planAndCopy(pair, options, run, signal);
  const { source, target } = pair;
  const about = { source: formatReference(source), target: formatReference(target) };
  const span = run.spans.start("copy", about);
  const copying = planAndCopy(pair, options, { ...run, spans: span.inside }, signal);
  return measured(span, copying, ({ outcome, subject: { digest } }) => ({ outcome, digest }));
}

interface ObservedRun extends CopyRun {
  readonly observe: ObserveCopy;
}

async function planAndCopy(
  pair: ImagePair,
  options: CopyOptions,
  { repositories, targets, sourceTags, isAlone, streams, spans, observe }: ObservedRun,
  signal: AbortSignal,
): Promise<ImageResult> {
  const startedAt = Date.now();
  const reading = spans?.start("read");
  const [source, target, known] = await Promise.all([
    repositories.source(pair.source),
    repositories.target(pair.target),
    targets.of(pair.target),
  ]);
  // The target is asked for the tag while the source is read.
  await using tagged = lookUpEarly(pair.target.tag ?? pair.source.tag, known, signal);
  const root = await resolveImage({ ...options, source: pair.source }, source, signal);
  const reference = pair.target.tag ?? pair.source.tag ?? root.digest;
  const tags = sourceTags.knownFor(pair, root);
  const listed = withKnownTags(source, tags);
  const asked = isAlone ? askedOnce(listed) : listed;
  const mountFrom = pair.source.registry === pair.target.registry ? pair.source.name : undefined;
  const planning = { target: known, mountFrom, current: tagged.digest, distrustTarget: false };
  const image = { root, reference, source: asked, tags };
  await using _ahead = isAlone ? workAhead(image, options, planning, signal) : undefined;
  const images = await readImageAndCompanions(image, { ...options, source: asked }, signal);
  const makePlan: MakePlan = (distrustTarget) => planCopy(images, { ...planning, distrustTarget }, signal);

  const plan = await known.compare(() => makePlan(false), signal);
  reading?.end();
  const subject = { source: formatReference(pair.source), target: pair.target, reference, digest: root.digest };
  if (options.dryRun) return { subject, outcome: "planned", plan };
  const msSoFar = (): number => Date.now() - startedAt;
  if (isEmptyPlan(plan)) return { subject, outcome: "unchanged", ms: msSoFar(), leftOut: plan.leftOut };
  const from = formatReference({ registry: pair.source.registry, name: pair.source.name });
  const ports = { source, target, content: known.content, from, streams, clock: systemClock, observe, spans };
  const result = await execute({ plan, makePlan }, ports, signal);
  return { subject, outcome: "copied", ms: msSoFar(), ...result };
}

/** Executes the plan. When the target denies content that it had reported, plans again and sends everything. */
async function execute(
  { plan, makePlan }: { readonly plan: CopyPlan; readonly makePlan: MakePlan },
  ports: ExecutionPorts,
  signal: AbortSignal,
): Promise<CopyResult> {
  try {
    return await executePlan(plan, ports, signal);
  } catch (error) {
    if (!isContentMissing(error)) throw error;
    ports.observe({ kind: "denied" });
    return await executePlan(await makePlan(true), ports, signal);
  }
}
