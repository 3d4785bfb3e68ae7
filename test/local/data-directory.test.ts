import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DirectoryInUseError, lockDirectory } from "../../local/stack/data-directory.ts";
import { startStack } from "../../local/stack/stack.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

const HOLDER = `
const { lockDirectory } = await import(process.argv[1]);
globalThis.held = lockDirectory(process.argv[2]);
process.stdout.write("held");
setInterval(() => undefined, 60_000);
`;

describe("a folder that a stack keeps its state in", () => {
  it("is taken by one process, and free again when that is killed", async () => {
    await using folder = await temporaryFolder();
    const module = new URL("../../local/stack/data-directory.ts", import.meta.url).href;
    const arguments_ = ["--input-type=module", "--eval", HOLDER, module, folder.path];
    const holder = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    expect(() => lockDirectory(folder.path)).toThrow(DirectoryInUseError);
    expect(() => lockDirectory(folder.path)).toThrow(`${folder.path} is in use by another npm start`);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    lockDirectory(folder.path)[Symbol.dispose]();
  });

  it("is refused to a second stack of the same process, too, before anything of it is started", async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, "data");
    await mkdir(directory);
    using _held = lockDirectory(directory);
    await expect(startStack({ directory, concurrency: 2, timeoutSeconds: 30 })).rejects.toThrow(DirectoryInUseError);
  });
});
