import { warningsOf } from "../../src/contract/warnings/warnings-of.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readDeployed, readExternal } from "./read-layers.ts";

/** Runs `freightliner config validate`. @throws {UsageError} with each problem of the file. */
export async function validate(
  { file, over }: { readonly file: string; readonly over?: string | undefined },
  { out, json }: Terminal,
): Promise<ExitCode> {
  const { configuration } =
    over === undefined ? await readDeployed(file) : await readExternal(file, await readDeployed(over));
  const { version, destinations, rules } = configuration;
  const warnings = warningsOf(configuration);
  if (json) out.json({ file, version, destinations: destinations.length, rules: rules.length, warnings });
  else
    out.lines([
      `${file} is valid: ${counted(rules.length, "rule")}, ${counted(destinations.length, "destination")}, version ${version}`,
      ...warnings.map((warning) => `warning: ${warning}`),
    ]);
  return ExitCode.ok;
}
