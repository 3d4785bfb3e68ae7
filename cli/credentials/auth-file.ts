import { open } from "node:fs/promises";
import * as z from "zod";
import { fieldPath } from "../../src/oci/json/field-path.ts";
import { errorCode } from "../errors/error-code.ts";
import { CredentialsError } from "./credentials-error.ts";

/** A login as Docker and Podman write it. Go programs write `null` for absent fields. */
const AuthEntry = z.object({
  /** `user:password` in base64. */
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  /** A refresh token; the password in `auth` is then empty (docker/cli, "AuthConfig"). */
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
});
export type AuthEntry = z.infer<typeof AuthEntry>;

/** The fields that we read of Docker's config.json (docker/cli, "Configuration files") and of containers-auth.json(5). */
const AuthFile = z.object({
  auths: z.record(z.string(), AuthEntry.nullish()).nullish(),
  /** Credential helpers by registry. An empty string means no helper, even if `credsStore` is set. */
  credHelpers: z.record(z.string(), z.string().nullish()).nullish(),
  credsStore: z.string().nullish(),
});
export type AuthFile = z.infer<typeof AuthFile>;

const FILE_MAX_BYTES = 4 * 1024 * 1024;

/** The text of an auth file; undefined when it does not exist. @throws {CredentialsError} naming a file that cannot be read. */
export async function readAuthText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > FILE_MAX_BYTES) {
      throw new CredentialsError(`${path} has ${size} bytes, which is too large for an auth file; check what it is`);
    }
    return (await file.readFile("utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    const code = errorCode(error);
    if (code === "ENOENT") return undefined;
    throw new CredentialsError(`${path} cannot be read (${code}); check what it is, and its permissions`);
  }
}

/**
 * Parses an auth file. Errors omit the parser's message, because it can quote passwords.
 * @throws {CredentialsError} naming the file and the line or field that is wrong.
 */
export function parseAuthFile(path: string, text: string): AuthFile {
  const parsed = AuthFile.safeParse(text.trim() === "" ? {} : parseJson(path, text));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => fieldPath(issue.path) || "the document");
  throw new CredentialsError(
    `${path} is not a valid auth file: ${[...new Set(fields)].join(", ")} has the wrong type; correct it`,
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const problem = `${path} is not valid JSON at line ${faultyLine(text)}; correct it, or move the file and log in again`;
    // oxlint-disable-next-line preserve-caught-error -- the parser's message can quote a password
    throw new CredentialsError(problem);
  }
}

/**
 * The line, from 1, of the first syntax error. Only some of V8's messages contain a position; without one, a binary search finds the
 * shortest prefix of lines that is invalid.
 */
function faultyLine(text: string): number {
  const lines = text.split("\n");
  const position = /position (\d+)/.exec(syntaxError(text))?.[1];
  if (position !== undefined) return text.slice(0, Number(position)).split("\n").length;
  let [good, bad] = [0, lines.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (syntaxError(lines.slice(0, middle).join("\n")).startsWith("Unexpected token")) bad = middle;
    else good = middle;
  }
  return bad;
}

function syntaxError(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
