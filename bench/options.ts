import { parseArgs } from "node:util";

/** What `npm run bench` was told. */
export interface BenchOptions {
  readonly command: BenchCommand;
  readonly rounds: number;
  readonly isQuick: boolean;
  /** Puts the table into the README. */
  readonly write: boolean;
  /** Names of workloads; all of them when not given. */
  readonly only: readonly string[] | undefined;
  /** Round trips in milliseconds; 0 is loopback. */
  readonly linksMs: readonly number[];
  readonly transports: readonly Transport[];
  readonly pushes: number;
}

/**
 * `copies` measures copies beside other tools, `visible` the time from push to visible, `memory` what copies cost with each memory size of the
 * function; `flame` draws where the CPU time of copies goes; `console` scrolls through the console's table of tags.
 */
export type BenchCommand = (typeof COMMANDS)[number];

const COMMANDS = ["copies", "visible", "memory", "flame", "console"] as const;

export type Transport = "http" | "tls";

/** Reads the command line. @throws Error saying what is wrong. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      only: { type: "string" },
      links: { type: "string", default: "0,30,100" },
      transports: { type: "string", default: "http,tls" },
      pushes: { type: "string" },
    },
  });
  const [text = "copies", ...more] = positionals;
  const command = COMMANDS.find((each) => each === text);
  if (command === undefined || more.length > 0) {
    throw new Error(`there is no command "${positionals.join(" ")}"; there are ${COMMANDS.join(", ")}`);
  }
  return {
    command,
    rounds: countOf("--rounds", values.rounds ?? (values.quick ? "1" : "3")),
    isQuick: values.quick,
    write: values.write,
    only: values.only?.split(","),
    linksMs: values.links.split(",").map((text) => integer("--links", text, 0)),
    transports: values.transports.split(",").map(transportOf),
    pushes: countOf("--pushes", values.pushes ?? (values.quick ? "10" : "200")),
  };
}

function countOf(option: string, text: string): number {
  return integer(option, text, 1);
}

function integer(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least) return value;
  throw new Error(`${option} takes whole numbers from ${least} on, not "${text}"`);
}

function transportOf(text: string): Transport {
  if (text === "http" || text === "tls") return text;
  throw new Error(`--transports takes http and tls, not "${text}"`);
}
