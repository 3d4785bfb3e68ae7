import * as z from "zod";
import { ListedTag } from "../../src/api/schemas/tag.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change, read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner cancel`: the copy that runs or waits now ends, and no later one. */
export async function cancel(
  key: string,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { copy, state } = await read(api, { path: "/api/tag", query: { key } }, ListedTag);
  const body = { key, copy };
  await change(api, { method: "POST", path: "/api/tag/cancel", body }, z.object({ key: z.string() }));
  const when = state === "copying" ? "within 15 seconds, unless its tag is being put" : "when it is tried next";
  if (json) out.json({ key, copy, result: "done" });
  else out.lines([`the copy of ${key} ends ${when}; a newer push, a job or a redrive copies it`]);
  return ExitCode.ok;
}
