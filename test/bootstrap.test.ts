import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { temporaryFolder } from "./fixtures/processes/programs.ts";

const BOOTSTRAP = join(import.meta.dirname, "../bootstrap.mjs");
const LOCKED = { packages: { "": {}, "node_modules/a": { version: "1.0.0" } } };

/** A checkout of one program, with its dependencies installed, and an `npm` that installs nothing and says that it ran. */
async function checkout() {
  const parts = await temporaryFolder();
  const at = (...names: string[]): string => join(parts.path, ...names);
  await mkdir(at("node_modules"));
  await mkdir(at("bin"));
  await copyFile(BOOTSTRAP, at("bootstrap.mjs"));
  await writeFile(at("program.mjs"), "console.log(process.pid); console.log(process.env.BOOTSTRAPPED_IN)");
  await writeFile(at("package-lock.json"), JSON.stringify(LOCKED));
  await writeFile(at("node_modules", ".package-lock.json"), JSON.stringify(LOCKED));
  await writeFile(at("bin", "npm"), "#!/bin/sh\necho npm ran >&2\n");
  await chmod(at("bin", "npm"), 0o755);
  return {
    folder: parts.path,
    lockfile: at("package-lock.json"),
    async start(environment: Record<string, string> = {}) {
      const PATH = [at("bin"), process.env["PATH"]].join(delimiter);
      const child = spawn(process.execPath, [at("bootstrap.mjs"), "program.mjs"], { env: { PATH, ...environment } });
      const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
      const [pid, folder] = out.split("\n");
      const isSameProcess = pid === String(child.pid);
      // What the program starts is told that it runs in this checkout.
      return { code, isSameProcess, isTold: folder === parts.path, hasInstalled: error.includes("npm ran") };
    },
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

const STARTED = { code: 0, isSameProcess: true, isTold: true, hasInstalled: false };

it("starts a program in its own process when this Node is new enough", async () => {
  await using clone = await checkout();
  expect(await clone.start()).toEqual(STARTED);
});

it("reads the lock files only when one of them has changed since the last start", async () => {
  await using clone = await checkout();
  const time = new Date("2026-01-01");
  await utimes(clone.lockfile, time, time);
  await clone.start();
  const { size } = await stat(clone.lockfile);
  await writeFile(clone.lockfile, "x".repeat(size));
  await utimes(clone.lockfile, time, time);
  expect(await clone.start()).toEqual(STARTED);
});

it("installs when package-lock.json has changed since the last start", async () => {
  await using clone = await checkout();
  await clone.start();
  const changed = (await readFile(clone.lockfile, "utf8")).replace("1.0.0", "2.0.0");
  await writeFile(clone.lockfile, changed);
  expect(await clone.start()).toEqual({ ...STARTED, hasInstalled: true });
});

it("installs nothing under a running program of the same checkout, such as a test run", async () => {
  await using clone = await checkout();
  const changed = (await readFile(clone.lockfile, "utf8")).replace("1.0.0", "2.0.0");
  await writeFile(clone.lockfile, changed);
  expect(await clone.start({ BOOTSTRAPPED_IN: clone.folder })).toEqual(STARTED);
  expect(await clone.start({ BOOTSTRAPPED_IN: join(clone.folder, "other") })).toEqual({
    ...STARTED,
    hasInstalled: true,
  });
});
