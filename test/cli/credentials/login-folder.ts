import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";

/** A home folder with files of logins, and credential helpers that are on the path while it is there. */
export interface LoginFolder extends AsyncDisposable {
  readonly path: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a file, and the folders it is in. */
  write(name: string, content: unknown): Promise<void>;
  /** Installs `docker-credential-NAME`, a shell script; the action is `$1`, and what it reads is in `$input`. */
  helper(name: string, script: string): Promise<void>;
  /** What helpers wrote into a file beside them. */
  noted(name: string): Promise<readonly string[]>;
}

export const encoded = (login: string): string => Buffer.from(login).toString("base64");

export async function loginFolder(): Promise<LoginFolder> {
  const folder = await temporaryFolder();
  const bin = join(folder.path, "bin");
  await mkdir(bin);
  const { PATH } = process.env;
  process.env["PATH"] = `${bin}:${PATH}`;
  return {
    path: folder.path,
    environment: { HOME: folder.path, PATH: process.env["PATH"] },
    async write(name, content) {
      const path = join(folder.path, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    },
    async helper(name, script) {
      const text = `#!/bin/sh\ncd ${bin}\ninput=$(cat)\n${script}\n`;
      await writeFile(join(bin, `docker-credential-${name}`), text, { mode: 0o755 });
    },
    async noted(name) {
      const text = await readFile(join(bin, name), "utf8").catch(() => "");
      return text.split("\n").filter(Boolean);
    },
    async [Symbol.asyncDispose]() {
      process.env["PATH"] = PATH;
      await folder[Symbol.asyncDispose]();
    },
  };
}
