import { randomUUID } from "node:crypto";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { parseAuthFile, readAuthText } from "./auth-file.ts";
import { CredentialsError } from "./credentials-error.ts";

/** A file of logins with all that others keep in it. */
const Document = z.looseObject({ auths: z.record(z.string(), z.unknown()).nullish() });

type Logins = Readonly<Record<string, unknown>>;

/**
 * Changes the logins of a file and nothing else in it. It is written beside, and then put in its place: no reader ever sees half of it.
 * Only its owner may read it. A link stays a link.
 * @throws {CredentialsError} naming the file, when it is broken or cannot be written.
 */
export async function updateAuthFile(path: string, change: (logins: Logins) => Logins): Promise<void> {
  const place = await realpath(path).catch(() => path);
  const text = (await readAuthText(place)) ?? "";
  parseAuthFile(path, text);
  const document = Document.parse(text.trim() === "" ? {} : JSON.parse(text));
  const changed = { ...document, auths: change(document.auths ?? {}) };
  const beside = `${place}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await writeWhole(beside, `${JSON.stringify(changed, undefined, "\t")}\n`);
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new CredentialsError(`${path} cannot be written (${code}); check the folder, its permissions and its disk`, {
      cause: error,
    });
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(text);
  await file.sync();
}
