import { open } from "node:fs/promises";
import * as z from "zod";
import { fieldPath } from "../../src/oci/json/field-path.ts";
import { CredentialsError } from "./credentials-error.ts";

/** One login, as Docker and Podman write it. Go writes `null` for what is not there. */
const AuthEntry = z.object({
  /** `user:password` in base64. */
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  /** A refresh token, beside an `auth` whose password is empty (docker/cli, "AuthConfig"). */
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
});
export type AuthEntry = z.infer<typeof AuthEntry>;

/** What we read of Docker's config.json (docker/cli, "Configuration files") and of containers-auth.json(5). */
const AuthFile = z.object({
  auths: z.record(z.string(), AuthEntry.nullish()).nullish(),
  /** Helpers by registry; an empty one says that this registry has none. */
  credHelpers: z.record(z.string(), z.string().nullish()).nullish(),
  credsStore: z.string().nullish(),
});
export type AuthFile = z.infer<typeof AuthFile>;

/** Files of logins are read up to this many bytes. */
const FILE_MAX_BYTES = 4 * 1024 * 1024;

/**
 * The text of a file of logins; undefined when there is no such file.
 * @throws {CredentialsError} naming the file, when it cannot be read.
 */
export async function readAuthText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > FILE_MAX_BYTES) throw new CredentialsError(`${path} is too large for a file of logins (${size} bytes)`);
    return (await file.readFile("utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "ENOENT") return undefined;
    throw new CredentialsError(`${path} cannot be read (${code}); check what it is, and its permissions`);
  }
}

/**
 * Reads the text of a file of logins. No error of the parser is kept: it quotes what it read, passwords too.
 * @throws {CredentialsError} naming the file, and the line or field that is wrong.
 */
export function parseAuthFile(path: string, text: string): AuthFile {
  const parsed = AuthFile.safeParse(text.trim() === "" ? {} : parseJson(path, text));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => fieldPath(issue.path) || "the document");
  throw new CredentialsError(
    `${path} is no file of logins: ${[...new Set(fields)].join(", ")} is not as Docker writes it; correct it`,
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const problem = `${path} is no JSON, line ${faultyLine(text)}; correct it there, or move the file and log in again`;
    // oxlint-disable-next-line preserve-caught-error -- the parser's message quotes the text, and so a password
    throw new CredentialsError(problem);
  }
}

/** The first line at which a text can be no JSON any more, from 1. V8 gives a position in some of its messages only. */
function faultyLine(text: string): number {
  const lines = text.split("\n");
  const position = /position (\d+)/.exec(complaint(text))?.[1];
  if (position !== undefined) return text.slice(0, Number(position)).split("\n").length;
  let [good, bad] = [0, lines.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (complaint(lines.slice(0, middle).join("\n")).startsWith("Unexpected token")) bad = middle;
    else good = middle;
  }
  return bad;
}

function complaint(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
