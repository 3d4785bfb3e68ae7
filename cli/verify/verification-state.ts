import { open, readFile } from "node:fs/promises";
import * as z from "zod";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";

/** What a run compares: a state file belongs to one of these. */
export const VerificationPlan = z.object({
  version: z.literal(1),
  what: z.string(),
  samplePercent: z.number(),
  seed: z.string(),
});
export type VerificationPlan = z.infer<typeof VerificationPlan>;

const Line = z.union([z.object({ equal: z.string() }), z.object({ ended: z.number() })]);

/** Which tags an interrupted run has found equal: one line of a file each. Tags that differ are compared again. */
export interface VerificationState extends AsyncDisposable {
  /** The plan of the run that this one continues, or of this one. */
  readonly plan: VerificationPlan;
  readonly continued: number;
  isEqual(tag: string): boolean;
  noteEqual(tag: string): Promise<void>;
  /** Every tag was compared: the next run begins anew. */
  end(): Promise<void>;
}

export function memoryState(plan: VerificationPlan): VerificationState {
  const done = () => Promise.resolve();
  return { plan, continued: 0, isEqual: () => false, noteEqual: done, end: done, [Symbol.asyncDispose]: done };
}

/** Continues the run of the file, or begins one. @throws {UsageError} when the file belongs to another run. */
export async function openState(path: string, wanted: VerificationPlan): Promise<VerificationState> {
  const found = await readState(path);
  if (found !== undefined && found.plan.what !== wanted.what) {
    throw new UsageError(`${path} is the state of another verification; remove it, or name another file`, {
      command: "verify",
    });
  }
  const { plan, equal } = found ?? { plan: wanted, equal: new Set<string>() };
  const file = await open(path, found === undefined ? "w" : "a").catch((error: unknown) => {
    throw new UsageError(`${path} cannot be written (${errorCode(error)})`, { command: "verify" });
  });
  // After a torn line, which a kill may leave, the next one begins on a line of its own.
  await file.write(found === undefined ? `${JSON.stringify(plan)}\n` : "\n");
  const append = async (line: z.infer<typeof Line>): Promise<void> => {
    await file.write(`${JSON.stringify(line)}\n`);
  };
  let last = Promise.resolve();
  return {
    plan,
    continued: equal.size,
    isEqual: (tag) => equal.has(tag),
    noteEqual: (tag) => (last = last.then(() => append({ equal: tag }))),
    end: () => (last = last.then(() => append({ ended: Date.now() }))),
    [Symbol.asyncDispose]: async () => {
      await last;
      await file.close();
    },
  };
}

/** Undefined when there is nothing to continue. */
async function readState(path: string): Promise<{ plan: VerificationPlan; equal: Set<string> } | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return "";
    throw new UsageError(`${path} cannot be read (${errorCode(error)})`, { command: "verify" });
  });
  if (text === "") return undefined;
  const [first = "", ...rest] = text.split("\n");
  const plan = VerificationPlan.safeParse(parsed(first));
  if (!plan.success) {
    throw new UsageError(`${path} is not a state file of verify; name another file`, { command: "verify" });
  }
  const equal = new Set<string>();
  for (const line of rest) {
    const { data } = Line.safeParse(parsed(line));
    if (data === undefined) continue;
    if ("ended" in data) return undefined;
    equal.add(data.equal);
  }
  return { plan: plan.data, equal };
}

/** Undefined for a line that is no JSON, such as one torn by a kill: its tag is compared again. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
