import * as z from "zod";
import { Check } from "../../src/api/schemas/check.ts";
import { Health } from "../../src/api/schemas/health.ts";
import { VERSION } from "../../src/contract/version/version.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change, read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

/**
 * Runs `freightliner doctor`: checks a deployed stack, and has its functions check what their roles may do at both ends. Writes nothing: at a
 * destination, an upload is opened and cancelled.
 */
export async function doctor(given: RawApiOptions, { out, json }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { version } = await read(api, { path: "/health" }, Health);
  const found = await change(api, { method: "POST", path: "/api/checks" }, z.array(Check));
  const checks = [checkVersion(version), ...found];
  const failed = checks.filter(({ problem }) => problem !== undefined);
  if (json) out.json({ stack: api.name, checks });
  else out.lines([...checks.flatMap(describeCheck), "", describeEnd(checks.length, failed.length)]);
  return failed.length === 0 ? ExitCode.ok : ExitCode.failed;
}

function checkVersion(deployed: string | undefined): Check {
  const about = "this command: has the version of the stack";
  if (deployed === VERSION) return { about };
  const what = `the stack ${deployed === undefined ? "does not say which version it has" : `has version ${deployed}`}, this command ${VERSION}`;
  return { about, problem: `${what}; install the command of that version, or deploy the stack with this one` };
}

function describeCheck({ about, problem, note }: Check): string[] {
  if (problem === undefined && note !== undefined) return [`note  ${about}`, `      ${note}`];
  return problem === undefined ? [`ok    ${about}`] : [`FAIL  ${about}`, `      ${problem}`];
}

function describeEnd(all: number, failed: number): string {
  return failed === 0 ? `${counted(all, "check")}, all passed` : `${failed} of ${counted(all, "check")} failed`;
}
