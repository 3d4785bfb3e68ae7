import { printable } from "../../src/oci/errors/printable.ts";

/** Where text goes: a stream of the process. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * The one way to a stream. Names, bodies and errors of others are in what commands say: no value can break its line, and none is obeyed
 * by the terminal. Control sequences come from here only.
 */
export interface Screen {
  readonly isTTY: boolean;
  /** Width in characters; undefined when it is no terminal. */
  readonly columns: number | undefined;
  /** Writes lines; each stays one. */
  readonly lines: (lines: readonly string[]) => void;
  /** Writes a value as one line of JSON. */
  readonly json: (value: unknown) => void;
  /** Writes lines in place of all that is on the screen; after it where there is no terminal. */
  readonly page: (lines: readonly string[]) => void;
  /** Writes over the line the cursor is in, and stays there; an empty text clears it. */
  readonly overwrite: (text: string) => void;
}

/** What every command can be asked for. */
export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export interface Terminal extends Pick<CommonOptions, "json" | "verbose"> {
  /** Results. */
  readonly out: Screen;
  /** Progress, and what explains a result; nothing of it when the command has to be quiet. */
  readonly notes: Screen;
  /** What is of interest to those who look for a fault. */
  readonly details: Screen;
  /** Errors. */
  readonly err: Screen;
  readonly environment: NodeJS.ProcessEnv;
  /** Asks the person at the terminal; undefined where input or output is no terminal. */
  readonly ask: Ask | undefined;
}

/** @returns what was typed. */
export type Ask = (question: string, signal: AbortSignal) => Promise<string>;

/** Both streams of a process, and its environment. */
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

/** Control sequences of ECMA-48: erase the page and go to its beginning; go to the line's beginning and erase it. */
const CLEAR_PAGE = "\u001B[2J\u001B[H";
const CLEAR_LINE = "\r\u001B[2K";

export function createScreen(stream: OutputStream): Screen {
  const isTTY = stream.isTTY === true;
  const text = (lines: readonly string[]): string => lines.map((line) => `${printable(line)}\n`).join("");
  return {
    isTTY,
    // Read each time: a window changes its size.
    get columns() {
      return stream.columns;
    },
    lines: (lines) => void stream.write(text(lines)),
    json: (value) => void stream.write(text([JSON.stringify(value)])),
    page: (lines) => void stream.write(`${isTTY ? CLEAR_PAGE : ""}${text(lines)}`),
    overwrite: (line) => void stream.write(`${CLEAR_LINE}${printable(line).slice(0, stream.columns ?? 200)}`),
  };
}
