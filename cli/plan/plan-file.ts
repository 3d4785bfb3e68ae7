import { appendFile, open, rename, rm } from "node:fs/promises";
import { PlanLine } from "../../src/inspection/plan/plan-line.ts";
import type { PlanHead, PlannedCopy, PlannedDelete, PlanWriter } from "../../src/inspection/plan/plan-line.ts";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";

export function createPlanWriter(path: string): PlanWriter {
  const partial = `${path}.partial`;
  let text = "";
  let isNew = true;
  const written = async (): Promise<void> => {
    const [next, flag] = [text, isNew ? "w" : "a"];
    [text, isNew] = ["", false];
    if (next !== "" || flag === "w") await appendFile(partial, next, { flag, mode: 0o600 });
  };
  const explained = (work: () => Promise<void>): Promise<void> =>
    work().catch((cause: unknown) => {
      throw new UsageError(`${path} cannot be written (${errorCode(cause)}); choose another file`, { cause });
    });
  return {
    write: (line) => void (text += `${JSON.stringify(line)}\n`),
    flush: () => explained(written),
    keep: () => explained(async () => (await written(), rename(partial, path))),
    discard: () => rm(partial, { force: true }),
  };
}

/** Reads the lines of a plan one by one. @throws {UsageError} when the file is no plan, or not whole. */
export async function* readPlan(path: string): AsyncGenerator<PlanHead | PlannedCopy | PlannedDelete> {
  let [number, lines] = [0, 0];
  let isWhole = false;
  for await (const line of linesOf(path)) {
    const parsed = PlanLine.safeParse(parse(line));
    if (!parsed.success || isWhole || (number === 0) !== (parsed.data.kind === "plan")) {
      throw new UsageError(
        `${path} is not a plan of this version: line ${number + 1} is not as plan writes it; plan again`,
      );
    }
    number++;
    if (parsed.data.kind !== "end") {
      yield parsed.data;
      continue;
    }
    lines = parsed.data.copies + parsed.data.deletes;
    isWhole = lines === number - 2;
  }
  if (!isWhole) throw new UsageError(`${path} is not whole: its last lines are missing; plan again`);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const unreadable = (cause: unknown): never => {
    throw new UsageError(`${path} cannot be read (${errorCode(cause)})`, { cause, command: "apply" });
  };
  await using file = await open(path).catch(unreadable);
  try {
    yield* file.readLines();
  } catch (cause) {
    unreadable(cause);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
