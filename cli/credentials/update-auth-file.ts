import { randomUUID } from "node:crypto";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { errorCode } from "../errors/error-code.ts";
import { parseAuthFile, readAuthText } from "./auth-file.ts";
import { CredentialsError } from "./credentials-error.ts";

/** An auth file, including fields of other programs. */
const Document = z.looseObject({ auths: z.record(z.string(), z.unknown()).nullish() });

type Logins = Readonly<Record<string, unknown>>;

/**
 * Changes the logins of an auth file and keeps its other fields. The new file replaces the old one by a rename, so that no reader sees
 * half of it. Only its owner can read it. A symbolic link stays one.
 * @throws {CredentialsError} naming a file that is invalid or cannot be written.
 */
export async function updateAuthFile(path: string, change: (logins: Logins) => Logins): Promise<void> {
  const file = await realpath(path).catch(() => path);
  const text = (await readAuthText(file)) ?? "";
  parseAuthFile(path, text);
  const document = Document.parse(text.trim() === "" ? {} : JSON.parse(text));
  const changed = { ...document, auths: change(document.auths ?? {}) };
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeSynced(temporary, `${JSON.stringify(changed, undefined, "\t")}\n`);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    const problem = `${path} cannot be written (${errorCode(cause)}); check the folder, its permissions and the disk`;
    throw new CredentialsError(problem, { cause });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(text);
  await file.sync();
}
