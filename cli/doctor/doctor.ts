import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { readStackStatus } from "../../src/wiring/operations/stack-status.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Check } from "../../src/wiring/reports/check.ts";
import { checkAccess } from "./check-access.ts";
import { checkStack } from "../../src/wiring/reports/check-stack.ts";

/**
 * Runs `freightliner doctor`: checks a deployed stack, and has its functions check what their roles may do at both ends. Writes nothing: at a
 * destination, an upload is opened and cancelled.
 */
export async function doctor(given: RawStackOptions, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const status = await readStackStatus(operations);
  const checks = [...checkStack(status, operations), ...(await checkAccess(operations))];
  const failed = checks.filter(({ problem }) => problem !== undefined);
  if (json) out.json({ stack, checks });
  else out.lines([...checks.flatMap(describeCheck), "", describeEnd(checks.length, failed.length)]);
  return failed.length === 0 ? ExitCode.ok : ExitCode.failed;
}

function describeCheck({ about, problem }: Check): string[] {
  return problem === undefined ? [`ok    ${about}`] : [`FAIL  ${about}`, `      ${problem}`];
}

function describeEnd(all: number, failed: number): string {
  return failed === 0 ? `${counted(all, "check")}, all passed` : `${failed} of ${counted(all, "check")} failed`;
}
