import type { Credentials } from "../../src/registry/credentials/credentials.ts";
import { parseAuthFile, readAuthText } from "./auth-file.ts";
import type { AuthEntry, AuthFile } from "./auth-file.ts";
import { authFilePaths } from "./auth-file-paths.ts";
import { getFromHelper, credentialsOf } from "./credential-helper.ts";
import { CredentialsError } from "./credentials-error.ts";
import { helperServer, keysFor, loginKey } from "./login-key.ts";

/**
 * The user's login for `registry[/repository]`. In each auth file in turn: from the registry's own helper, or from the default helper,
 * or from the entry with the longest matching key. Anonymous when there is none.
 * @throws {CredentialsError} when a file is invalid or a helper fails: an anonymous request would only fail later.
 */
export async function dockerCredentials(
  name: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Credentials> {
  for (const path of authFilePaths(environment)) {
    const text = await readAuthText(path);
    if (text === undefined) continue;
    const file = parseAuthFile(path, text);
    const found = (await fromHelper(file, name, signal)) ?? fromFile(path, file, name);
    if (found !== undefined) return found;
  }
  return { kind: "anonymous" };
}

/** The helper that stores the login, if any: the registry's own, or the default one (docker/cli, "credHelpers"). */
export function helperOf({ credHelpers, credsStore }: AuthFile, name: string): string | undefined {
  const own = bestEntry(credHelpers, name);
  // An empty helper name disables the default helper for this registry.
  return (own === undefined ? credsStore : own.value) || undefined;
}

/** The keys of a file that are spellings of the same registry or namespace. */
export function spellingsOf({ auths }: AuthFile, name: string): readonly string[] {
  return Object.keys(auths ?? {}).filter((key) => loginKey(key) === loginKey(name));
}

async function fromHelper(
  file: AuthFile,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const helper = helperOf(file, name);
  if (helper === undefined) return undefined;
  const registry = keysFor(name).at(-1) ?? name;
  // Docker also writes the server name that it passed to the helper as a key of the file: an old login can have another spelling.
  const servers = new Set([helperServer(registry), ...spellingsOf(file, registry), registry]);
  for (const server of servers) {
    const found = await getFromHelper(helper, server, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromFile(path: string, { auths }: AuthFile, name: string): Credentials | undefined {
  const best = bestEntry(auths, name);
  return best?.value ? fromEntry(best.value, `the login for ${best.key} in ${path}`) : undefined;
}

/** The non-empty entry with the longest matching key. */
function bestEntry<T>(
  entries: Readonly<Record<string, T>> | null | undefined,
  name: string,
): { readonly key: string; readonly value: T } | undefined {
  const known = Object.entries(entries ?? {});
  for (const wanted of keysFor(name)) {
    const found = known.find(([key, value]) => loginKey(key) === wanted && value !== null && !isEmpty(value));
    if (found !== undefined) return { key: found[0], value: found[1] };
  }
  return undefined;
}

/** True for `{}`, which only marks that a helper stores the login. */
function isEmpty(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && Object.values(value).every((field) => field === null || field === "")
  );
}

/** The credentials of an entry; tokens take precedence over the password. */
function fromEntry(entry: AuthEntry, subject: string): Credentials | undefined {
  if (entry.registrytoken) return { kind: "registry-token", token: entry.registrytoken };
  if (entry.identitytoken) return { kind: "identity-token", token: entry.identitytoken };
  if (entry.username) return credentialsOf(entry.username, entry.password ?? "");
  const decoded = Buffer.from(entry.auth ?? "", "base64").toString();
  const colon = decoded.indexOf(":");
  if (colon <= 0) throw new CredentialsError(`${subject} holds no user and password; log in again`);
  // Some programs pad the password with NUL bytes; Docker removes them, too (docker/cli, "decodeAuth").
  return credentialsOf(decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, ""));
}
