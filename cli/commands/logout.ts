import type { CommandRunner } from "./command-runner.ts";
import { createCommand } from "./create-command.ts";

export function logoutCommand(runner: CommandRunner) {
  return createCommand("logout", "remove a stored login of login or docker login")
    .argument("<registry>", "host, or host/namespace")
    .action((registry, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../login/logout.ts")).logout({ registry }, terminal, signal),
      ),
    );
}
