import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Readable } from "node:stream";
import type { Screen } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Standard input: a terminal or a pipe. */
export type Input = Readable & { readonly isTTY?: boolean };

const PASSWORD_MAX_BYTES = 64 * 1024;

export interface Question {
  readonly text: string;
  /** The terminal does not echo a secret answer. */
  readonly isSecret: boolean;
}

/** Asks the user for one line. @throws the signal's reason when aborted. @throws {UsageError} when the answer is empty. */
export async function prompt(
  { text, isSecret }: Question,
  input: Input,
  screen: Screen,
  signal: AbortSignal,
): Promise<string> {
  screen.overwrite(`${text}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // readline turns off the echo only in its terminal mode.
  const lines = createInterface({ input, output: silent, terminal: isSecret });
  // In that mode Ctrl-C arrives as a character and not as a signal.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question("", { signal }), ended]);
    if (answer !== "") return answer;
    throw new UsageError(`no ${text.toLowerCase()} was given`, { command: "login" });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
    if (isSecret) screen.lines([""]);
  }
}

/** Reads a password from a pipe, without its trailing newline. @throws {UsageError} when it is empty or too long. */
export async function readPassword(input: Input, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  const stop = (): void => void input.destroy();
  signal.addEventListener("abort", stop, { once: true });
  input.setEncoding("utf8");
  try {
    let size = 0;
    for await (const chunk of input) {
      const bytes = Buffer.from(String(chunk));
      size += bytes.byteLength;
      if (size > PASSWORD_MAX_BYTES) throw new UsageError(`the password has more than ${PASSWORD_MAX_BYTES} bytes`);
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
  }
  const secret = Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, "");
  if (secret === "") throw new UsageError("standard input is empty; write the password to it", { command: "login" });
  return secret;
}
