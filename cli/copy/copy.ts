import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Repository } from "../../src/oci/reference.ts";
import { counted } from "../terminal/format.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import { reportFailure } from "../terminal/report-failure.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { copyImage } from "./copy-image.ts";
import type { CopyRun } from "./copy-image.ts";
import type { CopySpec, CopyOptions } from "./copy-options.ts";
import type { KnownDigests } from "./copy-plan.ts";
import { expandTags } from "./expand-tags.ts";
import type { ImagePair } from "./expand-tags.ts";

/**
 * Runs `freightliner copy`: lists the images, then plans, executes and reports each ({@link copyImage}). A failure of the only image
 * is thrown; among several, a failed image is reported and the others are still copied.
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
  const pairs = await expandTags(specs, repositories, signal);
  const run: CopyRun = { repositories, streams, terminal, knownDigestsOf: rememberDigests() };
  const [only, ...more] = pairs;
  if (only !== undefined && more.length === 0) {
    await copyImage(only, options, run, signal);
    return ExitCode.ok;
  }
  return await copyAll(pairs, options, run, signal);
}

async function copyAll(
  pairs: readonly ImagePair[],
  options: CopyOptions,
  run: CopyRun,
  signal: AbortSignal,
): Promise<ExitCode> {
  const ended = { copied: 0, unchanged: 0, failed: 0 };
  for (const pair of pairs) {
    try {
      ended[await copyImage(pair, options, run, signal)]++;
    } catch (error) {
      signal.throwIfAborted();
      await reportFailure(error, run.terminal, `${formatReference(pair.source)} was not copied`);
      ended.failed++;
    }
  }
  const { copied, unchanged, failed } = ended;
  const done = options.dryRun ? "to copy" : "copied";
  run.terminal.notes.lines([
    `${counted(pairs.length, "image")}: ${copied} ${done}, ${unchanged} already present, ${failed} failed`,
  ]);
  return failed === 0 ? ExitCode.ok : ExitCode.failed;
}

/** Known digests by repository: a layer that many tags share is checked once. */
function rememberDigests(): (repository: Repository) => KnownDigests {
  const known = new Map<string, KnownDigests>();
  return ({ registry, name }) => {
    const key = formatReference({ registry, name });
    const found = known.get(key) ?? new Set();
    known.set(key, found);
    return found;
  };
}
