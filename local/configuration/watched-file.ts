import { readFile } from "node:fs/promises";
import type { Clock } from "../../src/async/clock.ts";
import type { LogFields, Observer } from "../../src/contract/telemetry/observer.ts";
import type { LocalConfiguration } from "./local-configuration.ts";

export interface WatchOptions {
  readonly file: string;
  /** The text that is deployed already. */
  readonly text: string;
  readonly configuration: Pick<LocalConfiguration, "deploy" | "feed">;
  readonly clock: Pick<Clock, "sleep">;
  readonly say: (text: string) => void;
}

/**
 * Interval between two readings of the file, in milliseconds. A change is deployed when two readings agree, because an editor may be in the
 * middle of writing; with the second between two polls, it takes effect within two seconds.
 */
const READ_MS = 250;

/**
 * Watches a file until the signal is aborted, deploys what is saved, and says what came of it. Reads the content instead of waiting for
 * events of the file system, which differ between systems and editors.
 */
export async function watchFile(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { file, configuration, clock, say } = options;
  const feed = configuration.feed(announcer(say));
  let deployed = options.text;
  let before: string | undefined = options.text;
  while (!signal.aborted) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined && before !== undefined) say(`${file} cannot be read; its last content stays in force`);
    if (text !== undefined && text === before && text !== deployed) {
      if (text.trim() === "") say(`${file} is empty; its last content stays in force. Write {} to use no changes`);
      else configuration.deploy(text);
      deployed = text;
    }
    before = text;
    await feed.current(signal);
    await clock.sleep(READ_MS, signal).catch(() => undefined);
  }
}

/** Says what a feed logs. */
function announcer(say: (text: string) => void): Observer {
  const problem = (message: string, { configuration, problems, error }: LogFields): void =>
    say(`${message} (${String(configuration)}): ${String(problems ?? error)}`);
  return {
    info: (message, { configuration, changed }) => say(`${message}: ${String(configuration)} (${String(changed)})`),
    warn: problem,
    error: problem,
    count: () => undefined,
  };
}
