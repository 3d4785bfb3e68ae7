import { createCopyProgress } from "../src/replication/copy-progress.ts";
import type { CopyEvent, CopyProgress, ObserveCopy } from "../src/replication/copy-progress.ts";
import { progressBar } from "./bar.ts";
import { counted, formatBytes, formatDuration } from "./format.ts";

/** Where progress is shown. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ShownProgress {
  readonly observe: ObserveCopy;
  /** Takes a bar off the screen, so that the next line starts clean, and shows no more. */
  end(): void;
}

const REDRAW_MS = 100;

/** A bar on a terminal, a line per finished blob elsewhere. */
export function showProgress(screen: Screen, now: () => number = Date.now): ShownProgress {
  const progress = createCopyProgress();
  const unsubscribe = progress.subscribe(screen.isTTY === true ? createBar(screen, now(), now) : createLines(screen));
  return {
    observe: progress.observe,
    end() {
      unsubscribe();
      if (screen.isTTY === true) screen.write("\r\u001B[2K");
    },
  };
}

function createBar(screen: Screen, started: number, now: () => number): (progress: CopyProgress) => void {
  let drawn = 0;
  return (progress) => {
    if (now() - drawn < REDRAW_MS) return;
    drawn = now();
    const width = Math.max(Math.min((screen.columns ?? 80) - 60, 40), 10);
    const rate = formatBytes(progress.bytesSent / Math.max((drawn - started) / 1_000, 0.001));
    const text = `${progressBar(progress, width)}, ${rate}/s, ${formatDuration(drawn - started)}`;
    screen.write(`\r\u001B[2K${text.slice(0, screen.columns ?? 200)}`);
  };
}

function createLines(screen: Screen): (progress: CopyProgress, event: CopyEvent) => void {
  return ({ blobs, blobsDone, bytes }, event) => {
    if (event.kind === "planned") {
      screen.write(`${counted(event.manifests, "manifest")}, ${counted(blobs, "blob")}, ${formatBytes(bytes)}\n`);
    }
    if (event.kind === "blob-done") {
      screen.write(`${blobsDone}/${blobs} ${event.how} ${event.blob.digest} ${formatBytes(event.blob.size)}\n`);
    }
  };
}
