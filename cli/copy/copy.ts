import { createStreams } from "../../src/replication/pacing/upload-concurrency.ts";
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

/** Carries out orders to copy. One image that fails ends with its failure; of several, the others go on. */
export async function copy(
  orders: readonly CopySpec[],
  way: CopyOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const streams = createStreams({ small: way.jobs, big: way.jobs, now: Date.now });
  const { environment } = terminal;
  await using repositories = openRepositories({ ...way.access, environment, signal, onBusy: () => streams.slower() });
  const pairs = await expandTags(orders, repositories, signal);
  const tools: CopyRun = { repositories, streams, terminal, knownDigestsOf: rememberContent() };
  const [only, ...more] = pairs;
  if (only !== undefined && more.length === 0) {
    await copyImage(only, way, tools, signal);
    return ExitCode.ok;
  }
  return await copyAll(pairs, way, tools, signal);
}

async function copyAll(
  pairs: readonly ImagePair[],
  way: CopyOptions,
  tools: CopyRun,
  signal: AbortSignal,
): Promise<ExitCode> {
  const ended = { copied: 0, unchanged: 0, failed: 0 };
  for (const pair of pairs) {
    try {
      ended[await copyImage(pair, way, tools, signal)]++;
    } catch (error) {
      signal.throwIfAborted();
      await reportFailure(error, tools.terminal, `${formatReference(pair.source)} is not copied`);
      ended.failed++;
    }
  }
  const { copied, unchanged, failed } = ended;
  const done = way.dryRun ? "to copy" : "copied";
  tools.terminal.notes.lines([
    `${counted(pairs.length, "image")}: ${copied} ${done}, ${unchanged} there already, ${failed} failed`,
  ]);
  return failed === 0 ? ExitCode.ok : ExitCode.failed;
}

/** What each repository has, as far as this run has seen: layers that many tags share are asked for once. */
function rememberContent(): (repository: Repository) => KnownDigests {
  const known = new Map<string, KnownDigests>();
  return ({ registry, name }) => {
    const key = formatReference({ registry, name });
    const found = known.get(key) ?? new Set();
    known.set(key, found);
    return found;
  };
}
