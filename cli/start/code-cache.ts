import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The compiled code of a script. */
export interface CompiledCode {
  readonly code: Buffer;
  /** Bytecode that the process had at its end from which the code is, in bytes: it grows with the functions that are called. */
  readonly bytecodeBytes: number;
}

/** The compiled code of one script, in a file. */
export interface CodeCache {
  /** Undefined when there is none for this script, or when the file is damaged. */
  read(source: string): CompiledCode | undefined;
  /** A folder that cannot be written only costs the next start time. */
  write(source: string, compiled: CompiledCode): void;
}

/** The file begins with the digest of everything else, and the size of the bytecode as text. */
const DIGEST_BYTES = 32;
const SIZE_CHARACTERS = 12;
const HEADER_BYTES = DIGEST_BYTES + SIZE_CHARACTERS;

/** @param name of the script; only the code of its last version is kept. */
export function createCodeCache(folder: string, name: string): CodeCache {
  const path = join(folder, `${name}.code`);
  return {
    read(source) {
      try {
        const file = readFileSync(path);
        if (!digestOf(source, file.subarray(DIGEST_BYTES)).equals(file.subarray(0, DIGEST_BYTES))) return undefined;
        return {
          code: file.subarray(HEADER_BYTES),
          bytecodeBytes: Number(file.toString("latin1", DIGEST_BYTES, HEADER_BYTES)),
        };
      } catch {
        return undefined;
      }
    },
    write(source, { code, bytecodeBytes }) {
      const content = Buffer.concat([Buffer.from(String(bytecodeBytes).padStart(SIZE_CHARACTERS)), code]);
      const written = `${path}.${process.pid}`;
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(written, Buffer.concat([digestOf(source, content), content]), { mode: 0o600 });
        // Commands may end at the same time.
        renameSync(written, path);
      } catch {}
    },
  };
}

/** V8 compares only the length of a script with that of its code, and does not notice damage. */
function digestOf(source: string, content: Buffer): Buffer {
  return createHash("sha256").update(source, "latin1").update(content).digest();
}
