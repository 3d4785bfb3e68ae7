import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AuditEntry } from "../../src/api/protocol/api-ports.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { startConsole } from "../../src/loopback/console-server.ts";
import { noConfiguration, openApiInProcess } from "../api/in-process.ts";
import { readDeployed } from "../config/read-layers.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { createAnswer } from "./answer.ts";

/** Where the console was built: beside the parts of the installed command, or in the checkout. */
const FOLDERS = ["../console", "../../dist/console"].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The console is not where the command looks for it. */
export class ConsoleMissingError extends Error {
  override readonly name = "ConsoleMissingError";
}

interface GivenUi extends RawStackOptions {
  readonly port: number;
  readonly config?: string | undefined;
}

/**
 * Runs `freightliner ui`: serves the console and the API of a stack on loopback, with the caller's own permissions in AWS, until it is interrupted.
 * @throws {ConsoleMissingError} | {PortInUseError}
 */
export async function ui(given: GivenUi, { out }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const folder = FOLDERS.find((path) => existsSync(`${path}/index.html`));
  if (folder === undefined)
    throw new ConsoleMissingError('the console is not built; run "npm run build" in the checkout');
  const options = parseStackOptions(given);
  const configuration = given.config === undefined ? undefined : (await readDeployed(given.config)).configuration;
  const own = {
    configuration: configuration === undefined ? noConfiguration : () => Promise.resolve(configuration),
    audit: ({ method, path, status }: AuditEntry) => out.lines([`${method} ${path}: ${status}`]),
    failed: (error: unknown, id: string) => out.lines([`request ${id} failed: ${describeError(error)}`]),
  };
  await using api = await openApiInProcess(options, own, signal);
  await using server = await startConsole(folder, createAnswer(api), given.port);
  out.lines([`the console of ${options.stack}: http://${server.host}/`, "Ctrl-C ends it."]);
  return await new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
