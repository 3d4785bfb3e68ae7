import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { createApi } from "../../src/api/create-api.ts";
import { ApiError } from "../../src/api/protocol/problem.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { startConsole } from "../../src/loopback/console-server.ts";
import { openJobs } from "../../src/wiring/operations/open-jobs.ts";
import { openOperations, StackUnavailableError } from "../../src/wiring/operations/open-operations.ts";
import { createStatusCache } from "../../src/wiring/operations/status-cache.ts";
import { readDeployed } from "../config/read-layers.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { createAnswer, localCaller } from "./answer.ts";

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
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const jobs = await openJobs(stack, access, signal).catch((error: unknown) => {
    // Jobs are off by default.
    if (error instanceof StackUnavailableError) return undefined;
    throw error;
  });
  await using _jobs = jobs;
  const configuration = given.config === undefined ? undefined : (await readDeployed(given.config)).configuration;
  const api = createApi({
    operations,
    jobs,
    status: createStatusCache(operations, Date.now),
    configuration: () =>
      configuration === undefined
        ? Promise.reject(new ApiError(404, "start the console with --config FILE to see the rules of the stack"))
        : Promise.resolve(configuration),
    callerOf: localCaller(userInfo().username),
    role: "operator",
    origins: [],
    audit: ({ method, path, status }) => out.lines([`${method} ${path}: ${status}`]),
    failed: (error, id) => out.lines([`request ${id} failed: ${describeError(error)}`]),
    now: Date.now,
  });
  await using server = await startConsole(folder, createAnswer(api), given.port);
  out.lines([`the console of ${stack}: http://${server.host}/`, "Ctrl-C ends it."]);
  return await new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
