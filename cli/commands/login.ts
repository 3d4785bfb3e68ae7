import type { Session } from "./command-runner.ts";
import { createRegistryCommand } from "./create-command.ts";

export function loginCommand(session: Session) {
  return createRegistryCommand("login", "check a login with a registry, and keep it where docker login does")
    .argument("<registry>", "its host, or host/namespace")
    .option("-u, --username <user>", "who logs in; asked for when not given")
    .option("--password-stdin", "read the password from standard input instead of asking", false)
    .action((registry, given) =>
      session.run(given, async (terminal, signal) => {
        const [{ login }, { readAccessOptions }] = await Promise.all([
          import("../credentials/login.ts"),
          import("../registry-access/access-options.ts"),
        ]);
        return login({ ...readAccessOptions(given), ...given, registry }, terminal, signal);
      }),
    );
}
