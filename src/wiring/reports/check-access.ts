import { describeError } from "../../contract/telemetry/observer.ts";
import { AccessReport } from "../calls/access-report.ts";
import type { AccessCheck } from "../calls/access-report.ts";
import type { Operations } from "../operations/open-operations.ts";
import type { Check } from "./check.ts";

const VERBS = {
  list: "lists",
  read: "reads",
  write: "writes to",
  run: "finds room for all copies in",
  share: "stays within the default quota of",
} as const;

/** The functions that talk to registries, in the order of their checks: the first one finds the repository that the second reads. */
const FUNCTIONS = ["reconcile", "copy", "probe"] as const;

/** Has each function check what its role may do at the registries. */
export async function checkAccess({ invoke, signal }: Pick<Operations, "invoke" | "signal">): Promise<Check[]> {
  const checks: Check[] = [];
  let repository: string | undefined;
  for (const name of FUNCTIONS) {
    try {
      const event = { check: "access", ...(name === "copy" && repository !== undefined ? { repository } : {}) };
      const report = AccessReport.parse(await invoke(name, event));
      repository ??= report.repository;
      checks.push(...report.checks.map((check) => describe(name, check)));
    } catch (error) {
      signal.throwIfAborted();
      checks.push({ about: `${name} function: can be invoked`, problem: describeError(error) });
    }
  }
  if (repository === undefined) {
    const problem =
      'no rule selects a repository that the source has; "freightliner config explain" says what a rule selects';
    checks.push({ about: "source: has a repository to replicate", problem });
  }
  return checks;
}

function describe(name: string, { place, action, problem, note }: AccessCheck): Check {
  return {
    about: `${name} function: ${VERBS[action]} ${place === "source" || place === "account" ? `the ${place}` : place}`,
    problem,
    note,
  };
}
