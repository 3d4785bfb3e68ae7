import { GetAccountSettingsCommand } from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { untilAborted } from "./client/until-aborted.ts";

/** How many of an account's functions may run at once in its region: all of them, and those that reserve no concurrency. */
export interface AccountConcurrency {
  readonly all: number;
  readonly unreserved: number;
}

/** Reads Lambda's quota "Concurrent executions" (Lambda API, GetAccountSettings; needs `lambda:GetAccountSettings`). */
export async function readAccountConcurrency(client: LambdaClient, signal: AbortSignal): Promise<AccountConcurrency> {
  const { AccountLimit } = await untilAborted(signal, (options) =>
    client.send(new GetAccountSettingsCommand({}), options),
  );
  const { ConcurrentExecutions: all, UnreservedConcurrentExecutions: unreserved = all } = AccountLimit ?? {};
  if (all === undefined || unreserved === undefined) throw new Error("Lambda did not say what the account's quota is");
  return { all, unreserved };
}
