import { fileURLToPath } from "node:url";
import { buildConsoleOnce } from "../../console/build.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { answerAsLocalUser } from "../lambda/function-url.ts";
import type { LocalOptions } from "../stack/local-options.ts";
import type { Stack } from "../stack/stack.ts";
import { startConsole } from "../../src/loopback/console-server.ts";

const FOLDER = fileURLToPath(new URL("../../dist/console", import.meta.url));

/** The console of a local stack. The first start builds it. */
export async function openConsole(
  { api }: Pick<Stack, "api">,
  { pagePort }: Pick<LocalOptions, "pagePort">,
): Promise<RunningServer & AsyncDisposable> {
  await buildConsoleOnce(FOLDER);
  return startConsole(FOLDER, (request, response) => answerAsLocalUser(request, response, api), pagePort);
}
