import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { RegistryEntry } from "./parse-registries.ts";

/**
 * Registry settings by host, from the named file, otherwise from the one in the user's configuration folder, if it exists.
 * @throws {UsageError} naming the file and every line that is wrong.
 */
export async function readRegistriesFile(
  named: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<string, RegistryEntry>> {
  const path = named ?? defaultPath(environment);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const code = errorCode(error);
    if (code === "ENOENT" && named === undefined) return undefined;
    throw new UsageError(`${path} cannot be read (${code}); check the path and its permissions`);
  });
  if (text === undefined) return new Map();
  // Most users have no such file, and the parser of YAML is an eighth of what a copy loads.
  const { parseRegistries } = await import("./parse-registries.ts");
  return parseRegistries(path, text);
}

function defaultPath({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string {
  return join(XDG_CONFIG_HOME || join(HOME || homedir(), ".config"), "freightliner", "registries.yaml");
}
