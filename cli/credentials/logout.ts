import { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseAuthFile, readAuthText } from "./auth-file.ts";
import { writtenPlace } from "./auth-file-paths.ts";
import { changeLogins } from "./update-auth-file.ts";
import { eraseFromHelper } from "./credential-helper.ts";
import { helperOf, spellingsOf } from "./docker-credentials.ts";
import { helperServer } from "./login-key.ts";
import { readLoginPlace } from "./login-target.ts";

/** Carries out `freightliner logout`: forgets a login, in the file and its helper. @throws {CredentialsError} when it cannot. */
export async function logout(
  { registry }: { readonly registry: string },
  { environment, out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { key } = readLoginPlace(registry, "logout");
  const path = writtenPlace(environment);
  const file = parseAuthFile(path, (await readAuthText(path)) ?? "");
  const helper = helperOf(file, key);
  const spellings = new Set(spellingsOf(file, key));
  if (helper !== undefined) {
    for (const server of new Set([helperServer(key), ...spellings])) await eraseFromHelper(helper, server, signal);
  }
  if (spellings.size > 0) {
    await changeLogins(path, (logins) =>
      Object.fromEntries(Object.entries(logins).filter(([name]) => !spellings.has(name))),
    );
  }
  const was = spellings.size > 0 || helper !== undefined;
  if (json) out.json({ registry: key, forgotten: was });
  else out.lines([was ? `logged out of ${key}` : `${path} holds no login for ${key}`]);
  return ExitCode.ok;
}
