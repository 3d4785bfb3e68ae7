import type { CommandRunner } from "./command-runner.ts";
import { createRegistryCommand } from "./create-command.ts";

export function loginCommand(runner: CommandRunner) {
  return createRegistryCommand("login", "check a login with a registry, and store it where docker login does")
    .argument("<registry>", "host, or host/namespace")
    .option("-u, --username <user>", "user name; prompted for when omitted")
    .option("--password-stdin", "read the password from standard input instead of a prompt", false)
    .action((registry, given) =>
      runner.run(given, async (terminal, signal) => {
        const [{ login }, { parseAccessOptions }] = await Promise.all([
          import("../login/login.ts"),
          import("../registry-access/access-options.ts"),
        ]);
        return login({ ...parseAccessOptions(given), ...given, registry }, terminal, signal);
      }),
    );
}
