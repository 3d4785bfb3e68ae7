import { parseArgs } from "node:util";
import { isLoopback } from "../../src/oci/names/loopback.ts";

/** Options of `npm start`. */
export interface LocalOptions {
  /** Replicate the demo, verify it, and end. */
  readonly once: boolean;
  /** One line of JSON when everything is ready, for scripts; no other output on stdout. */
  readonly json: boolean;
  /** Where state and blobs are kept; a temporary folder, removed at the end, when not given. */
  readonly data: string | undefined;
  /** Ports to listen on; free ones when not given. */
  readonly sourcePort: number | undefined;
  readonly targetPort: number | undefined;
  readonly pagePort: number | undefined;
  /** A file with an external document, which is watched. */
  readonly config: string | undefined;
  /** Single values of the configuration, `retries.preset=off`. */
  readonly flags: readonly string[];
  /** Concurrent copies. */
  readonly concurrency: number;
  /** Seconds a copy may take before its function is killed. */
  readonly timeoutSeconds: number;
  /** Push canaries. */
  readonly canary: boolean;
  /** A webhook on this machine that is told how pushes end. */
  readonly notify: string | undefined;
  /** Push the demo at the start. */
  readonly demo: boolean;
  readonly help: boolean;
}

/** The command line is wrong; the message says how to correct it. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

export const LOCAL_USAGE = `Runs Freightliner on this machine: an ECR-like source, an Artifact-Registry-like target, and the functions between.

  npm start                           start, replicate a demo, stay up until Ctrl-C
  npm start -- --once                 replicate the demo, verify it, and end

  --json                one line of JSON on stdout when ready, for scripts
  --data DIR            keep state and blobs in DIR (default: a temporary folder, removed at the end)
  --source-port PORT    where the source registry listens (default: a free port)
  --target-port PORT    where the target registry listens (default: a free port)
  --page-port PORT      where the console is (default: a free port)
  --config FILE         change the configuration by FILE, YAML or JSON, and again each time it is saved
  --set FIELD=VALUE     set a single value of the configuration; can be repeated
  --concurrency N       copies at once, 2 to 16 (default 4)
  --timeout SECONDS     time limit of one copy, 10 to 900 (default 300)
  --canary              push a canary every 10 minutes, and look every minute where it has arrived
  --notify URL          tell a webhook on this machine, http://127.0.0.1:PORT/..., how pushes end
  --no-demo             start empty
  --help                show this
`;

/** Reads the arguments of `npm start`. @throws {OptionsError} */
export function parseLocalOptions(args: readonly string[]): LocalOptions {
  const { values } = parseArguments(args);
  const once = values.once;
  if (once && values["no-demo"]) throw new OptionsError("--once replicates the demo; it cannot go with --no-demo");
  return {
    once,
    json: values.json,
    data: values.data,
    sourcePort: integerOption("--source-port", values["source-port"], 0, 65_535),
    targetPort: integerOption("--target-port", values["target-port"], 0, 65_535),
    pagePort: integerOption("--page-port", values["page-port"], 0, 65_535),
    config: values.config,
    flags: values.set,
    concurrency: integerOption("--concurrency", values.concurrency, 2, 16) ?? 4,
    timeoutSeconds: integerOption("--timeout", values.timeout, 10, 900) ?? 300,
    canary: values.canary,
    notify: notifyOption(values.notify),
    demo: !values["no-demo"],
    help: values.help,
  };
}

function parseArguments(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: flag,
        json: flag,
        data: text,
        "source-port": text,
        "target-port": text,
        "page-port": text,
        config: text,
        set: { type: "string", multiple: true, default: [] },
        concurrency: text,
        timeout: text,
        canary: flag,
        notify: text,
        "no-demo": flag,
        help: { ...flag, short: "h" },
      },
    });
  } catch (error) {
    // Its message says all; as a cause, a TypeError would look like a mistake of this program.
    throw new OptionsError(error instanceof Error ? error.message : "wrong options");
  }
}

function notifyOption(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" && isLoopback(url.host)) return url.href;
  throw new OptionsError(`--notify takes the URL of a server on this machine, http://127.0.0.1:PORT/..., not ${text}`);
}

function integerOption(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new OptionsError(`${name} takes a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}
