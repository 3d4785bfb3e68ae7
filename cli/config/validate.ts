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
  if (json) out.json({ file, version, destinations: destinations.length, rules: rules.length });
  else
    out.lines([
      `${file} is valid: ${counted(rules.length, "rule")}, ${counted(destinations.length, "destination")}, version ${version}`,
    ]);
  return ExitCode.ok;
}
