import { execFile } from "node:child_process";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { PLANTED_CANARY } from "./planted-canary.ts";
import { PLANTED_CANCELS } from "./planted-cancels.ts";
import { PLANTED_CONFLICTS } from "./planted-conflicts.ts";
import { PLANTED_DELETES } from "./planted-deletes.ts";
import { PLANTED_GATES } from "./planted-gates.ts";
import { PLANTED_PAUSES } from "./planted-pauses.ts";
import { PLANTED_PENDING } from "./planted-pending.ts";
import { PLANTED_PRE_COPIES } from "./planted-pre-copies.ts";
import { PLANTED_RELOADS } from "./planted-reloads.ts";
import { PLANTED_RING } from "./planted-ring.ts";
import { PLANTED_RULES } from "./planted-rules.ts";
import { PLANTED_SEAMS } from "./planted-seams.ts";

/** The simulation cannot find a bug that none of so many seeds finds. */
const SEEDS = 10_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const part of ["src", "functions", "local", "test/simulation", "test/fixtures", "package.json"]) {
    await cp(part, join(folder.path, part), { recursive: true });
  }
  await symlink(resolve("node_modules"), join(folder.path, "node_modules"));
});

afterAll(() => folder[Symbol.asyncDispose]());

const BUGS = [
  ...PLANTED_BUGS,
  ...PLANTED_SEAMS,
  ...PLANTED_PRE_COPIES,
  ...PLANTED_PENDING,
  ...PLANTED_DELETES,
  ...PLANTED_GATES,
  ...PLANTED_RELOADS,
  ...PLANTED_CONFLICTS,
  ...PLANTED_RING,
  ...PLANTED_RULES,
  ...PLANTED_CANARY,
  ...PLANTED_PAUSES,
  ...PLANTED_CANCELS,
];

/** Plays seeds, scenes or late calls with the code in the folder, until one breaks a promise. */
function play({ from = 0, by, scene }: PlantedBug): Promise<{ readonly found: boolean; readonly output: string }> {
  const seeds = by === undefined || by === "conflicts" || by === "ring" ? ["--seeds", String(SEEDS)] : [];
  const what = by === undefined ? seeds : [`--${by}`, ...seeds];
  const args = [
    "test/simulation/main.ts",
    ...what,
    "--from",
    String(from),
    "--stop",
    ...(scene === undefined ? [] : ["--scene", scene]),
  ];
  // Each process compiles only the files that differ from those of the process before.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder.path, "compiled") };
  return new Promise((done) => {
    execFile(
      process.execPath,
      args,
      { cwd: folder.path, env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const output = `${stdout.slice(-500)}${stderr.slice(-500)}`;
        done({ found: error !== null && /^(?:seed \d+: I\d|scene .*: |late .*: I\d)/m.test(stdout), output });
      },
    );
  });
}

/** Changes the code in the folder. Disposal restores it. */
async function plant({ file, find, replace, and }: PlantedBug): Promise<AsyncDisposable> {
  await using planted = new AsyncDisposableStack();
  for (const change of [{ file, find, replace }, ...(and === undefined ? [] : [and])]) {
    const changed = change.file ?? file;
    const path = join(folder.path, changed);
    const before = await readFile(path, "utf8");
    if (before.split(change.find).length !== 2)
      throw new Error(`${changed} does not contain the text to change exactly once: ${change.find}`);
    await writeFile(
      path,
      before.replace(change.find, () => change.replace),
    );
    planted.defer(() => writeFile(path, before));
  }
  return planted.move();
}

describe("the simulation", () => {
  it("has 60 planted bugs to find", () => {
    expect(new Set(BUGS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(60);
  });

  it.each(BUGS)(
    "finds that $name",
    async (bug) => {
      await using _ = await plant(bug);
      const { found, output } = await play(bug);
      expect(found ? "found" : output).toBe("found");
    },
    900_000,
  );
});
