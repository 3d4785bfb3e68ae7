import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { copyAll } from "./copy-all.ts";
import { copyImage } from "./copy-image.ts";
import type { CopyRun } from "./copy-image.ts";
import type { CopySpec, CopyOptions } from "./copy-options.ts";
import { expandTags } from "./expand-tags.ts";
import type { ImagePair } from "./expand-tags.ts";
import { openTraces } from "./open-traces.ts";
import { createSourceTags } from "./source-tags.ts";
import { reportImage } from "./report/report-image.ts";
import { showProgress } from "./report/show-progress.ts";
import { listAhead } from "./target/list-ahead.ts";
import { createTargetRepositories } from "./target/target-repositories.ts";

/**
 * Runs `freightliner copy`: lists the images, then plans, executes and reports each ({@link copyImage}). A failure of the only image
 * is thrown; among several, a failed image is reported and the others are still copied ({@link copyAll}).
 */
export async function copy(
  specs: readonly CopySpec[],
  options: CopyOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const streams = createUploadConcurrency({ small: options.jobs, big: options.jobs, now: Date.now });
  const { environment } = terminal;
  await using repositories = openRepositories({
    ...options.access,
    environment,
    signal,
    onBusy: () => streams.backOff(),
  });
  const ahead = listAhead(specs, repositories, signal);
  const pairs = await expandTags(specs, repositories, signal);
  await using targets = createTargetRepositories(
    pairs.map(({ target }) => target),
    repositories,
    ahead,
  );
  const isAlone = pairs.length === 1;
  await using traces = await openTraces(terminal);
  const { spans } = traces;
  const run: CopyRun = { repositories, targets, sourceTags: createSourceTags(repositories), isAlone, streams, spans };
  const [only, ...more] = pairs;
  if (only === undefined || more.length > 0) return await copyAll(pairs, options, { ...run, terminal }, signal);
  await copyOnly(only, options, { ...run, terminal }, signal);
  return ExitCode.ok;
}

async function copyOnly(
  pair: ImagePair,
  options: CopyOptions,
  { terminal, ...run }: CopyRun & { readonly terminal: Terminal },
  signal: AbortSignal,
): Promise<void> {
  const progress = showProgress(terminal.notes);
  const result = await copyImage(pair, options, { ...run, observe: progress.observe }, signal).finally(() =>
    progress.end(),
  );
  reportImage(result, terminal);
}
