import type { ObserveCopy } from "../../../src/replication/state/copy-progress.ts";
import type { Repository } from "../../../src/oci/reference.ts";
import { bar } from "../../terminal/progress-bar.ts";
import { formatDuration } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/terminal.ts";
import { createImageTotals } from "./image-totals.ts";

/** The progress of many images in one line. */
export interface ManyImagesShown {
  /** An image for this repository begins. */
  begin(target: Repository): ImageShown;
  /** Prints something else; the line stays below it. */
  print<T>(write: () => T): T;
  /** Stops the display and clears the line. */
  end(): void;
}

export interface ImageShown {
  readonly observe: ObserveCopy;
  end(): void;
}

/** Intervals of updates, in milliseconds: a terminal replaces the line, other outputs get another line. */
const REDRAW_MS = 100;
const NEXT_LINE_MS = 10_000;

export function showManyImages(screen: Screen, images: number, now: () => number = Date.now): ManyImagesShown {
  const started = now();
  const totals = createImageTotals(images);
  const intervalMs = screen.isTTY ? REDRAW_MS : NEXT_LINE_MS;
  let shown = started;

  function show(): void {
    if (now() - shown < intervalMs) return;
    shown = now();
    const text = `${totals.describe(shown - started)}, ${formatDuration(shown - started)}`;
    if (!screen.isTTY) return screen.lines([text]);
    const width = Math.max(Math.min((screen.columns ?? 80) - text.length - 4, 40), 10);
    screen.overwrite(`${bar(totals.share(), width)} ${text}`);
  }

  return {
    begin(target) {
      const image = totals.begin(target);
      return {
        observe(event) {
          image.observe(event);
          show();
        },
        end() {
          image.end();
          show();
        },
      };
    },
    print(write) {
      if (screen.isTTY) screen.overwrite("");
      return write();
    },
    end: () => screen.isTTY && screen.overwrite(""),
  };
}
