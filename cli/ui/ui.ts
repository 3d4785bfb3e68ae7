import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Api } from "../../src/api/protocol/api-environment.ts";
import type { AuditEntry } from "../../src/api/protocol/api-ports.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { startConsole } from "../../src/loopback/console-server.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { noConfiguration, openApiInProcess } from "../api/in-process.ts";
import { readDeployed } from "../config/read-layers.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { Screen, Terminal } from "../terminal/terminal.ts";
import { createAnswer } from "./answer.ts";
import { forwardedApi } from "./forwarded-api.ts";

/** Where the console was built: beside the parts of the installed command, or in the checkout. */
const FOLDERS = ["../console", "../../dist/console"].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The console is not where the command looks for it. */
export class ConsoleMissingError extends Error {
  override readonly name = "ConsoleMissingError";
}

interface GivenUi extends RawApiOptions {
  readonly port: number;
  readonly config?: string | undefined;
}

interface ServedApi extends Pick<Api, "fetch">, AsyncDisposable {
  /** What messages call the stack. */
  readonly name: string;
}

/** The API in this process, with the caller's own permissions in AWS. */
async function openOwn({ config, ...given }: GivenUi, out: Screen, signal: AbortSignal): Promise<ServedApi> {
  const options = parseStackOptions(given);
  const configuration = config === undefined ? undefined : (await readDeployed(config)).configuration;
  const own = {
    configuration: configuration === undefined ? noConfiguration : () => Promise.resolve(configuration),
    audit: ({ method, path, status }: AuditEntry) => out.lines([`${method} ${path}: ${status}`]),
    failed: (error: unknown, id: string) => out.lines([`request ${id} failed: ${describeError(error)}`]),
  };
  return { name: options.stack, ...(await openApiInProcess(options, own, signal)) };
}

/** The API at its address: it knows its configuration itself. */
async function openForwarded({ config, ...given }: GivenUi, out: Screen, signal: AbortSignal): Promise<ServedApi> {
  if (config !== undefined) throw new UsageError("--api shows the rules in force; leave out --config");
  const api = await openStackApi(given, signal);
  const forwarded = forwardedApi(api, (line) => out.lines([line]));
  return { name: api.name, ...forwarded, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/**
 * Runs `freightliner ui`: serves the console on loopback, and beside it the API of a stack, until it is interrupted. Without an address of the API, it runs in this process.
 * @throws {ConsoleMissingError} | {PortInUseError}
 */
export async function ui(given: GivenUi, { out }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const folder = FOLDERS.find((path) => existsSync(`${path}/index.html`));
  if (folder === undefined)
    throw new ConsoleMissingError('the console is not built; run "npm run build" in the checkout');
  await using api = await (given.api === undefined ? openOwn(given, out, signal) : openForwarded(given, out, signal));
  await using server = await startConsole(folder, createAnswer(api), given.port);
  out.lines([`the console of ${api.name}: http://${server.host}/`, "Ctrl-C ends it."]);
  return await new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
