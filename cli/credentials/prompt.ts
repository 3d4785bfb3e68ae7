import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Readable } from "node:stream";
import type { Screen } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Where a person, or a program, writes to us. */
export type Input = Readable & { readonly isTTY?: boolean };

/** Passwords are read up to this many bytes. */
const SECRET_MAX_BYTES = 64 * 1024;

/** What is asked, and whether the answer is shown while it is written. */
export interface Question {
  readonly text: string;
  readonly isSecret: boolean;
}

/**
 * Asks a person for one line. @throws the signal's reason when aborted. @throws {UsageError} when there is no answer.
 */
export async function prompt(
  { text, isSecret }: Question,
  input: Input,
  screen: Screen,
  signal: AbortSignal,
): Promise<string> {
  screen.overwrite(`${text}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Only in its terminal mode does readline keep the terminal from showing what is typed.
  const lines = createInterface({ input, output: silent, terminal: isSecret });
  // The terminal then hands over Ctrl-C as a character.
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

/** Reads a password that a program writes, to its end; the line end after it is none of it. @throws {UsageError} when it is empty. */
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
      if (size > SECRET_MAX_BYTES) throw new UsageError(`the password has more than ${SECRET_MAX_BYTES} bytes`);
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
  }
  const secret = Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, "");
  if (secret === "") throw new UsageError("standard input holds no password", { command: "login" });
  return secret;
}
