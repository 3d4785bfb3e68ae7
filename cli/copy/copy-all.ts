import { concurrently } from "../../src/async/run-concurrently.ts";
import { formatReference } from "../../src/oci/reference.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { reportFailure } from "../terminal/report-failure.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { copyImage } from "./copy-image.ts";
import type { CopyRun, ImageResult } from "./copy-image.ts";
import type { CopyOptions } from "./copy-options.ts";
import { isEmptyPlan } from "../../src/inspection/content/copy-plan.ts";
import type { ImagePair } from "./expand-tags.ts";
import { createEarlierPlans } from "./earlier-plans.ts";
import { createOrderedOutput } from "./report/ordered-output.ts";
import { reportImage } from "./report/report-image.ts";
import { describeEnd } from "./report/report-end.ts";
import { showManyImages } from "./report/show-many-images.ts";

/**
 * Copies many images, some at once. Each is reported in the order of the list. A failed image is reported, and the others are still
 * copied.
 */
export async function copyAll(
  pairs: readonly ImagePair[],
  options: CopyOptions,
  run: CopyRun & { readonly terminal: Terminal },
  signal: AbortSignal,
): Promise<ExitCode> {
  const { terminal } = run;
  const progress = showManyImages(terminal.notes, pairs.length);
  const output = createOrderedOutput();
  const ended = { copied: 0, unchanged: 0 };
  const failed: string[] = [];
  const withoutEarlier = createEarlierPlans();

  function report(result: ImageResult): void {
    const own = withoutEarlier(result);
    ended[isUnchanged(own) ? "unchanged" : "copied"]++;
    progress.print(() => reportImage(own, terminal));
  }

  async function reportFailed({ source }: ImagePair, error: unknown): Promise<void> {
    const name = formatReference(source);
    failed.push(name);
    await progress.print(() => reportFailure(error, terminal, `${name} was not copied`));
  }

  async function copyOne([index, pair]: readonly [number, ImagePair], working: AbortSignal): Promise<void> {
    const shown = progress.begin(pair.target);
    try {
      const result = await copyImage(pair, options, { ...run, observe: shown.observe }, working);
      output.put(index, () => report(result));
    } catch (error) {
      working.throwIfAborted();
      output.put(index, () => reportFailed(pair, error));
    } finally {
      shown.end();
    }
  }

  try {
    await concurrently([...pairs.entries()], options.parallel, copyOne, signal);
  } finally {
    await output.end();
    progress.end();
    terminal.notes.lines(describeEnd({ images: pairs.length, ...ended, failed }, options.dryRun));
  }
  return failed.length === 0 ? ExitCode.ok : ExitCode.failed;
}

function isUnchanged(result: ImageResult): boolean {
  return result.outcome === "planned" ? isEmptyPlan(result.plan) : result.outcome === "unchanged";
}
