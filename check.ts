import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// `npm run check`: all checks, the same locally and in CI. Only a step that fails shows its output.

const root = fileURLToPath(new URL(".", import.meta.url));
const bin = (path: string): string => join(root, "node_modules", path);

interface Step {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** What is wrong with the output of a step that exited with 0, or undefined. */
  readonly doubt?: (output: string) => string | undefined;
}

const steps: readonly Step[] = [
  { name: "types", program: bin("typescript/bin/tsc"), args: ["-p", "."] },
  { name: "types of the console", program: bin("typescript/bin/tsc"), args: ["-p", "console"] },
  {
    name: "lint and layering",
    program: bin("oxlint/bin/oxlint"),
    args: ["--type-aware", "--deny-warnings"],
    doubt: sawTooFew,
  },
  { name: "format", program: bin("oxfmt/bin/oxfmt"), args: ["--check", "."] },
  { name: "unused code and dependencies", program: bin("knip/bin/knip.js"), args: [] },
  { name: "tests", program: bin("vitest/vitest.mjs"), args: ["run"], doubt: ranNone },
];

/** A linter that checks no files reports no errors, so it must have checked every source file. */
function sawTooFew(output: string): string | undefined {
  const seen = Number(/on (\d+) files/.exec(output)?.[1] ?? 0);
  const expected = sourceFiles(root);
  return seen >= expected ? undefined : `it looked at ${seen} of ${expected} source files`;
}

function sourceFiles(directory: string): number {
  return readdirSync(directory, { withFileTypes: true }).reduce((count, entry) => {
    if (entry.isDirectory()) {
      const skipped =
        entry.name.startsWith(".") || ["node_modules", "cdk.out", "coverage", "dist"].includes(entry.name);
      return skipped ? count : count + sourceFiles(join(directory, entry.name));
    }
    return count + Number(/\.(?:tsx?|mjs)$/.test(entry.name) && !entry.name.endsWith(".d.ts"));
  }, 0);
}

function ranNone(output: string): string | undefined {
  return /Tests\s+\d+ passed/.test(output) ? undefined : "it ran no test, or its summary cannot be read";
}

function run({ name, program, args, doubt }: Step): boolean {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = `${stdout}${stderr}`;
  const problem = status === 0 ? doubt?.(output) : `ended with status ${status}`;
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  console.log(
    `${problem === undefined ? "ok  " : "FAIL"} ${name} (${seconds} s)${problem === undefined ? "" : `: ${problem}`}`,
  );
  if (problem !== undefined) console.log(output);
  return problem === undefined;
}

// `npm run check -- --without tests` skips a step, here the tests.
const { values } = parseArgs({ options: { without: { type: "string", multiple: true, default: [] } } });
const wanted = steps.filter(({ name }) => !values.without.includes(name));
const failed = wanted.filter((step) => !run(step)).map(({ name }) => name);
if (failed.length > 0) console.log(`\nFailed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
