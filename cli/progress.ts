import type { CopyProgress, ObserveCopy } from "../src/replication/copy-progress.ts";
import { counted, formatBytes, formatDuration } from "./format.ts";

/** Where progress is shown. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  readonly observe: ObserveCopy;
  /** Takes a bar off the screen, so that the next line starts clean. */
  end(): void;
}

interface State {
  blobs: number;
  bytes: number;
  blobsDone: number;
  bytesSent: number;
}

const REDRAW_MS = 100;

/** A bar on a terminal, a line per finished blob elsewhere. */
export function createProgress(screen: Screen, now: () => number = Date.now): Progress {
  const started = now();
  const state: State = { blobs: 0, bytes: 0, blobsDone: 0, bytesSent: 0 };
  const show = screen.isTTY === true ? createBar(screen, state, started, now) : createLines(screen, state);
  return {
    observe(progress) {
      note(state, progress);
      show(progress);
    },
    end() {
      if (screen.isTTY === true) screen.write("\r\u001B[2K");
    },
  };
}

function note(state: State, progress: CopyProgress): void {
  if (progress.kind === "planned") {
    state.blobs = progress.blobs.length;
    state.bytes = progress.blobs.reduce((sum, { size }) => sum + size, 0);
  } else if (progress.kind === "blob-bytes") {
    state.bytesSent += progress.bytes;
  } else {
    state.blobsDone++;
    if (progress.how !== "uploaded") state.bytes -= progress.blob.size;
  }
}

function createBar(screen: Screen, state: State, started: number, now: () => number): (progress: CopyProgress) => void {
  let drawn = 0;
  return () => {
    if (now() - drawn < REDRAW_MS) return;
    drawn = now();
    const share = state.bytes === 0 ? 1 : Math.min(state.bytesSent / state.bytes, 1);
    const width = Math.max(Math.min((screen.columns ?? 80) - 60, 40), 10);
    const full = Math.round(share * width);
    const rate = formatBytes(state.bytesSent / Math.max((drawn - started) / 1_000, 0.001));
    const bar = `[${"#".repeat(full)}${".".repeat(width - full)}]`;
    const text = `${bar} ${formatBytes(state.bytesSent)} of ${formatBytes(state.bytes)}, ${state.blobsDone}/${state.blobs} blobs, ${rate}/s, ${formatDuration(drawn - started)}`;
    screen.write(`\r\u001B[2K${text.slice(0, screen.columns ?? 200)}`);
  };
}

function createLines(screen: Screen, state: State): (progress: CopyProgress) => void {
  return (progress) => {
    if (progress.kind === "planned") {
      screen.write(
        `${counted(progress.manifests, "manifest")}, ${counted(state.blobs, "blob")}, ${formatBytes(state.bytes)}\n`,
      );
    }
    if (progress.kind === "blob-done") {
      screen.write(
        `${state.blobsDone}/${state.blobs} ${progress.how} ${progress.blob.digest} ${formatBytes(progress.blob.size)}\n`,
      );
    }
  };
}
