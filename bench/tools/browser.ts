import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The browser of this machine. @throws when there is none; the message says what to install. */
export async function startBrowser(): Promise<Browser> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const executablePath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (executablePath === undefined) throw new Error("there is no chromium in PATH; install Debian's package chromium");
  // The root user of a container may not make the namespaces of the browser's sandbox.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
