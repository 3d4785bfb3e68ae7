import { printable } from "../../src/oci/errors/printable.ts";
import type { RegistryEvent } from "../registry/protocol/registry-event.ts";
import { describeLogLine, parseLogLine } from "./log-line.ts";

/** Where the view is shown. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Shows a line per finished copy, and on a terminal also running totals. */
export interface TerminalView {
  /** Counts an event of the target. */
  target(event: RegistryEvent): void;
  log(functionName: string, line: string): void;
  /** Prints a line of text; control characters are escaped. */
  say(text: string): void;
}

const REDRAW_MS = 100;

export function createTerminalView(screen: Screen): TerminalView {
  const moved = { images: 0, blobs: 0, bytes: 0 };
  let drawn = 0;
  const clear = (): void => {
    if (screen.isTTY === true) screen.write("\r\u001B[2K");
  };
  const draw = (): void => {
    if (screen.isTTY !== true || Date.now() - drawn < REDRAW_MS) return;
    drawn = Date.now();
    clear();
    screen.write(
      `  ${moved.images} images, ${moved.blobs} blobs, ${(moved.bytes / 1_000_000).toFixed(1)} MB at the target`,
    );
  };
  const say = (text: string): void => {
    clear();
    screen.write(`${printable(text)}\n`);
  };
  return {
    say,
    target(event) {
      if (event.kind === "blob-progress") moved.bytes += event.bytes;
      if (event.kind === "blob-stored") moved.blobs++;
      if (event.kind === "manifest-stored" && event.tag !== undefined) moved.images++;
      draw();
    },
    log(functionName, text) {
      const line = parseLogLine(text);
      // Lines that are not JSON, such as Powertools' note on empty metrics, are not shown.
      const shown = line === undefined ? undefined : describeLogLine(functionName, line);
      if (shown !== undefined) say(`  ${shown}`);
    },
  };
}
