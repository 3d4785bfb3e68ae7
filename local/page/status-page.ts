import { describeError } from "../../src/contract/telemetry/observer.ts";
import { localStackAccess } from "../../src/wiring/operations/local-stack-access.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { readStackStatus } from "../../src/wiring/operations/stack-status.ts";
import type { RunningServer } from "../http/http-server.ts";
import type { TerminalView } from "../view/terminal-view.ts";
import type { LocalOptions } from "../stack/local-options.ts";
import type { Stack } from "../stack/stack.ts";
import { createPoller } from "./poller.ts";
import { startPage } from "./page-server.ts";

/** The local stack is opened by its name, like a deployed one. */
const STACK = "freightliner";
const EVERY_MS = 1_000;

/** The live page of a local stack. */
export async function openStatusPage(
  { lambdaEndpoint, api }: Pick<Stack, "lambdaEndpoint" | "api">,
  { pagePort }: Pick<LocalOptions, "pagePort">,
  view: Pick<TerminalView, "say">,
): Promise<RunningServer & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const access = localStackAccess(lambdaEndpoint);
  if (access === undefined) throw new Error("the stack's address has no key");
  const closed = new AbortController();
  const operations = opening.use(await openOperations(STACK, access, closed.signal));
  opening.defer(() => closed.abort());
  const polled = opening.use(
    createPoller({
      poll: () => readStackStatus(operations),
      everyMs: EVERY_MS,
      onProblem: (error) => view.say(`  the page cannot read the status: ${describeError(error)}`),
    }),
  );
  const server = await startPage(polled, api, pagePort);
  opening.defer(() => server.close());
  const open = opening.move();
  return { ...server, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
