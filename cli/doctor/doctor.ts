import * as z from "zod";
import { Check } from "../../src/api/schemas/check.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

/**
 * Runs `freightliner doctor`: checks a deployed stack, and has its functions check what their roles may do at both ends. Writes nothing: at a
 * destination, an upload is opened and cancelled.
 */
export async function doctor(given: RawApiOptions, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const checks = await change(api, { method: "POST", path: "/api/checks" }, z.array(Check));
  const failed = checks.filter(({ problem }) => problem !== undefined);
  if (json) out.json({ stack: api.name, checks });
  else out.lines([...checks.flatMap(describeCheck), "", describeEnd(checks.length, failed.length)]);
  return failed.length === 0 ? ExitCode.ok : ExitCode.failed;
}

function describeCheck({ about, problem }: Check): string[] {
  return problem === undefined ? [`ok    ${about}`] : [`FAIL  ${about}`, `      ${problem}`];
}

function describeEnd(all: number, failed: number): string {
  return failed === 0 ? `${counted(all, "check")}, all passed` : `${failed} of ${counted(all, "check")} failed`;
}
