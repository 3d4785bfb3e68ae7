import { Argument } from "@commander-js/extra-typings";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { ExitCode } from "../errors/exit-code.ts";
import type { CommandRunner } from "./command-runner.ts";
import { createCommand } from "./create-command.ts";

export function completionCommand(runner: CommandRunner, program: () => CommandUnknownOpts) {
  return createCommand("completion", "print a completion script for a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", '\nFor bash: eval "$(freightliner completion bash)" in ~/.bashrc')
    .action((shell, given) =>
      runner.run(given, async ({ out }) => {
        const { completionScript } = await import("../completion.ts");
        out.lines(completionScript(shell, program()));
        return ExitCode.ok;
      }),
    );
}
