import { redact } from "../../src/registry/redaction/redact.ts";
import { effectiveValues } from "../../src/reload/effective-values.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readLayers } from "./read-layers.ts";
import type { GivenLayers } from "./read-layers.ts";

/** Of a value in the table, in characters: a trusted root has thousands. `--json` has them all. */
const LONGEST = 400;

/**
 * Runs `freightliner config show`. A configuration names secrets and holds none; what looks like one all the same is removed.
 * @throws {UsageError}
 */
export async function show(given: GivenLayers, { out, json, environment }: Terminal): Promise<ExitCode> {
  const values = effectiveValues(await readLayers(given, environment));
  const table = createTable(["field", "value", "layer"]);
  for (const { field, value, layer } of values) {
    const text = redact(typeof value === "string" ? value : JSON.stringify(value));
    if (json) out.json({ field, value: typeof value === "string" ? text : value, layer });
    else table.row([field, text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text, layer]);
  }
  if (!json) out.lines(table.lines());
  return ExitCode.ok;
}
