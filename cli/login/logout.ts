import { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseAuthFile, readAuthText } from "../credentials/auth-file.ts";
import { writableAuthFilePath } from "../credentials/auth-file-paths.ts";
import { updateAuthFile } from "../credentials/update-auth-file.ts";
import { eraseFromHelper } from "../credentials/credential-helper.ts";
import { helperOf, spellingsOf } from "../credentials/docker-credentials.ts";
import { helperServer } from "../credentials/login-key.ts";
import { parseLoginTarget } from "./login-target.ts";

/** Runs `freightliner logout`: removes a login from the auth file and its helper. @throws {CredentialsError} when that fails. */
export async function logout(
  { registry }: { readonly registry: string },
  { environment, out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { key } = parseLoginTarget(registry, "logout");
  const path = writableAuthFilePath(environment);
  const file = parseAuthFile(path, (await readAuthText(path)) ?? "");
  const helper = helperOf(file, key);
  const spellings = new Set(spellingsOf(file, key));
  if (helper !== undefined) {
    for (const server of new Set([helperServer(key), ...spellings])) await eraseFromHelper(helper, server, signal);
  }
  if (spellings.size > 0) {
    await updateAuthFile(path, (logins) =>
      Object.fromEntries(Object.entries(logins).filter(([name]) => !spellings.has(name))),
    );
  }
  const wasLoggedIn = spellings.size > 0 || helper !== undefined;
  if (json) out.json({ registry: key, forgotten: wasLoggedIn });
  else out.lines([wasLoggedIn ? `logged out of ${key}` : `${path} has no login for ${key}`]);
  return ExitCode.ok;
}
