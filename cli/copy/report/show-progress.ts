import { createCopyProgress } from "../../../src/replication/state/copy-progress.ts";
import type { CopyEvent, CopyProgress, ObserveCopy } from "../../../src/replication/state/copy-progress.ts";
import { progressBar } from "../../terminal/progress-bar.ts";
import { counted, formatBytes, formatDuration } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/terminal.ts";

export interface ShownProgress {
  readonly observe: ObserveCopy;
  /** Stops the display and clears the bar, so that the next line starts clean. */
  end(): void;
}

const REDRAW_MS = 100;

/** Shows a progress bar on a terminal, and one line per finished blob elsewhere. */
export function showProgress(screen: Screen, now: () => number = Date.now): ShownProgress {
  const progress = createCopyProgress();
  const unsubscribe = progress.subscribe(screen.isTTY ? createBar(screen, now) : createLines(screen));
  return {
    observe: progress.observe,
    end() {
      unsubscribe();
      if (screen.isTTY) screen.overwrite("");
    },
  };
}

function createBar(screen: Screen, now: () => number): (progress: CopyProgress) => void {
  let started: number | undefined;
  let drawn = 0;
  return (progress) => {
    if (now() - drawn < REDRAW_MS) return;
    drawn = now();
    started ??= drawn;
    const width = Math.max(Math.min((screen.columns ?? 80) - 60, 40), 10);
    const rate = formatBytes(progress.bytesSent / Math.max((drawn - started) / 1_000, 0.001));
    screen.overwrite(`${progressBar(progress, width)}, ${rate}/s, ${formatDuration(drawn - started)}`);
  };
}

function createLines(screen: Screen): (progress: CopyProgress, event: CopyEvent) => void {
  return ({ blobs, blobsDone, bytes }, event) => {
    if (event.kind === "planned") {
      screen.lines([`${counted(event.manifests, "manifest")}, ${counted(blobs, "blob")}, ${formatBytes(bytes)}`]);
    }
    if (event.kind === "blob-done") {
      screen.lines([`${blobsDone}/${blobs} ${event.how} ${event.blob.digest} ${formatBytes(event.blob.size)}`]);
    }
  };
}
