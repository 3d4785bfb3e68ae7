import type { Credentials } from "../../src/registry/auth/credentials.ts";
import { parseAuthFile, readAuthText } from "./auth-file.ts";
import type { AuthEntry, AuthFile } from "./auth-file.ts";
import { authFilePaths } from "./auth-file-paths.ts";
import { getFromHelper, credentialsOf } from "./credential-helper.ts";
import { CredentialsError } from "./credentials-error.ts";
import { helperServer, keysFor, loginKey } from "./login-key.ts";

/**
 * The login a user has for a place, `registry[/repository]`: of each file in turn, from the registry's helper, else from the helper for
 * all, else from the file itself by the longest key; else anonymous.
 * @throws {CredentialsError} when a file is none or a helper fails: silently anonymous would only fail later.
 */
export async function dockerCredentials(
  place: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Credentials> {
  for (const path of authFilePaths(environment)) {
    const text = await readAuthText(path);
    if (text === undefined) continue;
    const file = parseAuthFile(path, text);
    const found = (await fromHelper(file, place, signal)) ?? fromFile(path, file, place);
    if (found !== undefined) return found;
  }
  return { kind: "anonymous" };
}

/** The helper that keeps the logins of a place, if one does: its registry's own before the one for all (docker/cli, "credHelpers"). */
export function helperOf({ credHelpers, credsStore }: AuthFile, place: string): string | undefined {
  const own = bestEntry(credHelpers, place);
  // A registry whose helper is empty has none, also where there is one for all.
  return (own === undefined ? credsStore : own.value) || undefined;
}

/** The keys of a file that are a place itself, in whichever spelling. */
export function spellingsOf({ auths }: AuthFile, place: string): readonly string[] {
  return Object.keys(auths ?? {}).filter((key) => loginKey(key) === loginKey(place));
}

async function fromHelper(
  file: AuthFile,
  place: string,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const helper = helperOf(file, place);
  if (helper === undefined) return undefined;
  const registry = keysFor(place).at(-1) ?? place;
  // Docker writes the name it gave to the helper as a key into the file, too: an old login may have another spelling.
  const servers = new Set([helperServer(registry), ...spellingsOf(file, registry), registry]);
  for (const server of servers) {
    const found = await getFromHelper(helper, server, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromFile(path: string, { auths }: AuthFile, place: string): Credentials | undefined {
  const best = bestEntry(auths, place);
  return best?.value ? fromEntry(best.value, `the login for ${best.key} in ${path}`) : undefined;
}

/** The entry with the longest key that says something about a place; entries that hold nothing do not count. */
function bestEntry<T>(
  entries: Readonly<Record<string, T>> | null | undefined,
  place: string,
): { readonly key: string; readonly value: T } | undefined {
  const known = Object.entries(entries ?? {});
  for (const wanted of keysFor(place)) {
    const found = known.find(([key, value]) => loginKey(key) === wanted && value !== null && !isEmpty(value));
    if (found !== undefined) return { key: found[0], value: found[1] };
  }
  return undefined;
}

/** `{}` only marks that a helper keeps the login. */
function isEmpty(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && Object.values(value).every((field) => field === null || field === "")
  );
}

/** A login as a file has it; the tokens are good for more than the password beside them. */
function fromEntry(entry: AuthEntry, subject: string): Credentials | undefined {
  if (entry.registrytoken) return { kind: "registry-token", token: entry.registrytoken };
  if (entry.identitytoken) return { kind: "identity-token", token: entry.identitytoken };
  if (entry.username) return credentialsOf(entry.username, entry.password ?? "");
  const decoded = Buffer.from(entry.auth ?? "", "base64").toString();
  const colon = decoded.indexOf(":");
  if (colon <= 0) throw new CredentialsError(`${subject} holds no user and password; log in again`);
  // Some programs pad with NUL, and Docker itself cuts it off (docker/cli, "decodeAuth").
  return credentialsOf(decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, ""));
}
