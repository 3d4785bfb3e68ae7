import { printable } from "../../src/oci/errors/printable.ts";

/** A stream of the process that takes text. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * The only way to write to a stream. Output contains text from registries: it is escaped, so that it can neither start a new line nor
 * control the terminal. Only a screen writes control sequences.
 */
export interface Screen {
  readonly isTTY: boolean;
  /** Width in characters; undefined when the stream is not a terminal. */
  readonly columns: number | undefined;
  /** Writes lines of text. */
  readonly lines: (lines: readonly string[]) => void;
  /** Writes a value as one line of JSON. */
  readonly json: (value: unknown) => void;
  /** Replaces the content of the terminal; appends where the stream is not a terminal. */
  readonly page: (lines: readonly string[]) => void;
  /** Replaces the line of the cursor and leaves the cursor there; an empty text clears the line. */
  readonly overwrite: (text: string) => void;
}

/** Options of every command. */
export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export interface Terminal extends Pick<CommonOptions, "json" | "verbose"> {
  /** For results. */
  readonly out: Screen;
  /** For progress and explanations; silent with `--quiet`. */
  readonly notes: Screen;
  /** For requests and causes of errors; silent without `--verbose`. */
  readonly details: Screen;
  /** For errors. */
  readonly err: Screen;
  readonly environment: NodeJS.ProcessEnv;
  /** Asks the user; undefined when input or output is not a terminal. */
  readonly ask: Ask | undefined;
}

/** Asks a question. @returns the line that the user typed. */
export type Ask = (question: string, signal: AbortSignal) => Promise<string>;

/** What a process offers a command: its output streams, its environment and a way to ask the user. */
export interface ProcessIo extends Pick<Terminal, "out" | "err" | "environment" | "ask"> {}

const SILENT: Screen = {
  isTTY: false,
  columns: undefined,
  lines: () => undefined,
  json: () => undefined,
  page: () => undefined,
  overwrite: () => undefined,
};

export function createTerminal(
  { out, err, environment, ask }: ProcessIo,
  { json, quiet, verbose }: CommonOptions,
): Terminal {
  return { out, err, environment, ask, json, verbose, notes: quiet ? SILENT : err, details: verbose ? err : SILENT };
}

/** Control sequences of ECMA-48: erase the page and move to its start; move to the start of the line and erase it. */
const CLEAR_PAGE = "\u001B[2J\u001B[H";
const CLEAR_LINE = "\r\u001B[2K";

export function createScreen(stream: OutputStream): Screen {
  const isTTY = stream.isTTY === true;
  const text = (lines: readonly string[]): string => lines.map((line) => `${printable(line)}\n`).join("");
  return {
    isTTY,
    // Read on each use, because the window can be resized.
    get columns() {
      return stream.columns;
    },
    lines: (lines) => void stream.write(text(lines)),
    json: (value) => void stream.write(text([JSON.stringify(value)])),
    page: (lines) => void stream.write(`${isTTY ? CLEAR_PAGE : ""}${text(lines)}`),
    overwrite: (line) => void stream.write(`${CLEAR_LINE}${printable(line).slice(0, stream.columns ?? 200)}`),
  };
}
