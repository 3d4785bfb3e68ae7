import { randomUUID } from "node:crypto";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { isCosignTag } from "../../src/oci/cosign-tags.ts";
import { formatReference } from "../../src/oci/reference.ts";
import { readTags } from "../../src/registry/listings/list-tags.ts";
import type { CopySpec } from "../copy/copy-options.ts";
import { expandTags, REFERRERS_TAG } from "../copy/expand-tags.ts";
import type { ImagePair } from "../copy/expand-tags.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import { reportFailure } from "../terminal/report-failure.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { createSample } from "../../src/inspection/verify/sample.ts";
import { openTagVerifier } from "./tag-verifier.ts";
import type { TagVerifier } from "./tag-verifier.ts";
import { verdictOf } from "../../src/inspection/verify/verdict.ts";
import type { TagVerdict } from "../../src/inspection/verify/verdict.ts";
import { describeCounts, reportTag } from "./verification-report.ts";
import type { VerifiedCounts } from "./verification-report.ts";
import { memoryState, openState } from "./verification-state.ts";
import type { VerificationPlan, VerificationState } from "./verification-state.ts";
import type { GivenVerify } from "./verify-options.ts";

/** Tags after which the progress is printed. */
const NOTE_EVERY = 500;

interface Run {
  readonly given: GivenVerify;
  readonly terminal: Terminal;
  readonly repositories: Repositories;
  readonly state: VerificationState;
  readonly counts: VerifiedCounts;
}

/**
 * Compares the tags that the specs select with their copies, one repository after the other: memory holds one listing, and what was
 * checked of one repository. A tag that fails is reported, and the others are still compared.
 */
export async function verifyTags(
  specs: readonly CopySpec[],
  given: GivenVerify,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const startedAt = Date.now();
  const { environment, out, json } = terminal;
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(given) });
  const plan = planOf(specs, given);
  await using state = given.state === undefined ? memoryState(plan) : await openState(given.state, plan);
  if (state.continued > 0) terminal.notes.lines([`continues ${given.state}: ${state.continued} tags were equal`]);
  const counts = {
    tags: 0,
    equal: 0,
    repaired: 0,
    differ: 0,
    unknown: 0,
    differences: 0,
    earlier: 0,
    skipped: 0,
    onlyAtTarget: 0,
  };
  const run = { given, terminal, repositories, state, counts };
  for (const spec of specs) await verifyRepository(spec, run, signal);
  await state.end();
  const { seed, samplePercent } = state.plan;
  if (json) out.json({ ...counts, ...(samplePercent < 100 ? { samplePercent, seed } : {}) });
  else {
    if (samplePercent < 100) out.lines([`a sample of ${samplePercent} %: --seed ${seed} selects the same tags`]);
    out.lines(describeCounts(counts, Date.now() - startedAt));
  }
  return counts.differ + counts.unknown === 0 ? ExitCode.ok : ExitCode.failed;
}

function planOf(specs: readonly CopySpec[], given: GivenVerify): VerificationPlan {
  const places = specs.map(({ source, target, tags }) =>
    [formatReference(source), formatReference(target), tags?.description ?? "one"].join(" "),
  );
  const { referrers, readBlobs, sample = 100, seed = randomUUID() } = given;
  const what = JSON.stringify({ places, referrers, readBlobs, sample, seed: given.seed });
  return { version: 1, what, samplePercent: sample, seed };
}

async function verifyRepository(spec: CopySpec, run: Run, signal: AbortSignal): Promise<void> {
  const { given, terminal, repositories, state, counts } = run;
  const name = `${formatReference(spec.source)} and ${formatReference(spec.target)}`;
  try {
    const all = await expandTags([spec], repositories, signal);
    const isSampled = createSample(state.plan.samplePercent, state.plan.seed);
    const sampled = all.filter(({ target }) => isSampled(formatReference(target)));
    const pairs = sampled.filter(({ target }) => !state.isEqual(formatReference(target)));
    counts.tags += all.length;
    counts.skipped += all.length - sampled.length;
    counts.earlier += sampled.length - pairs.length;
    const verifier = await openTagVerifier(spec, given, repositories);
    const verifyOne = (pair: ImagePair, working: AbortSignal) => verifyTag(pair, verifier, run, working);
    await concurrently(pairs, given.parallel, verifyOne, signal);
    if (spec.tags !== undefined) counts.onlyAtTarget += await countOnlyAtTarget(spec, all, repositories, signal);
  } catch (error) {
    signal.throwIfAborted();
    counts.unknown++;
    await reportFailure(error, terminal, `${name} were not compared`);
  }
}

async function verifyTag(
  pair: ImagePair,
  verifier: TagVerifier,
  { terminal, state, counts }: Run,
  signal: AbortSignal,
): Promise<void> {
  const name = formatReference(pair.target);
  try {
    const found = await verifier.verify(pair, signal);
    const verdict = verdictOf(found);
    if (verdict === "equal" || verdict === "repaired") await state.noteEqual(name);
    counts.differences += found.differences.length;
    count(verdict);
    reportTag(pair, found, terminal);
  } catch (error) {
    signal.throwIfAborted();
    count("unknown");
    await reportFailure(error, terminal, `${name} was not compared`);
  }

  function count(verdict: TagVerdict): void {
    counts[verdict]++;
    const done = counts.equal + counts.repaired + counts.differ + counts.unknown;
    if (done % NOTE_EVERY === 0) terminal.notes.lines([`${done} tags compared, ${counts.differ} differ`]);
  }
}

/** Tags that the source lacks. Companions' tags may belong to anything, so they do not count. */
async function countOnlyAtTarget(
  { target, tags: filter }: CopySpec,
  pairs: readonly ImagePair[],
  repositories: Repositories,
  signal: AbortSignal,
): Promise<number> {
  const { tags } = await readTags(await repositories.client("target", target), signal);
  const known = new Set<string | undefined>(pairs.map((pair) => pair.target.tag));
  const isOwn = (tag: string): boolean => !isCosignTag(tag) && !REFERRERS_TAG.test(tag);
  return [...tags].filter((tag) => isOwn(tag) && filter?.matches(tag) === true && !known.has(tag)).length;
}
