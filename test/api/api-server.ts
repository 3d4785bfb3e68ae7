import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { answerAsLocalUser } from "../../local/lambda/function-url.ts";
import type { Stack } from "../../local/stack/stack.ts";

/** The API's function of a local stack, at an address of its own. */
export async function startApi({ api }: Pick<Stack, "api">): Promise<RunningServer & AsyncDisposable> {
  const server = await startHttpServer((request, response) => answerAsLocalUser(request, response, api));
  return { ...server, [Symbol.asyncDispose]: () => server.close() };
}
