import type { CommandRunner } from "./command-runner.ts";
import { createCommand } from "./create-command.ts";

export function logoutCommand(runner: CommandRunner) {
  return createCommand("logout", "forget a login, where login and docker login keep it")
    .argument("<registry>", "its host, or host/namespace")
    .action((registry, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../credentials/logout.ts")).logout({ registry }, terminal, signal),
      ),
    );
}
