import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function doctorCommand(runner: CommandRunner) {
  return createApiCommand("doctor", "check a deployed stack, and what its functions may do at both ends").action(
    (given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../doctor/doctor.ts")).doctor(given, terminal, signal),
      ),
  );
}
