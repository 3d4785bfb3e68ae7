import { Command } from "@commander-js/extra-typings";
import type { CommanderError, CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import manifest from "../package.json" with { type: "json" };
import { completionCommand } from "./commands/completion.ts";
import { copyCommand } from "./commands/images/copy.ts";
import { costCommand } from "./commands/stack/cost.ts";
import { deleteCommand } from "./commands/images/delete.ts";
import { digestCommand } from "./commands/images/digest.ts";
import { googleSetupCommand } from "./commands/stack/google-setup.ts";
import { inspectCommand } from "./commands/images/inspect.ts";
import { loginCommand } from "./commands/login.ts";
import { logoutCommand } from "./commands/logout.ts";
import { redriveCommand } from "./commands/stack/redrive.ts";
import { statusCommand } from "./commands/stack/status.ts";
import { syncCommand } from "./commands/images/sync.ts";
import { tagsCommand } from "./commands/images/tags.ts";
import { verifyCommand } from "./commands/images/verify.ts";
import { watchCommand } from "./commands/stack/watch.ts";
import { EXIT_CODES } from "./errors/exit-code.ts";
import type { CommandRunner } from "./commands/command-runner.ts";
import type { Screen } from "./terminal/terminal.ts";
import { UsageError } from "./errors/usage-error.ts";

/** In the order in which help shows them. What a command needs beyond its options is loaded when it runs. */
const COMMANDS = [
  copyCommand,
  syncCommand,
  verifyCommand,
  tagsCommand,
  digestCommand,
  inspectCommand,
  deleteCommand,
  loginCommand,
  logoutCommand,
  statusCommand,
  watchCommand,
  redriveCommand,
  googleSetupCommand,
  costCommand,
] as const;

/** The whole command line: commands, options, help, completion. Help goes to the screen, wrong usage is thrown. */
export function createProgram(runner: CommandRunner, out: Screen): CommandUnknownOpts {
  const program: CommandUnknownOpts = new Command("freightliner")
    .description("Copies and replicates container images.")
    .version(manifest.version, "--version", "show the version")
    .helpCommand("help [command]", "show how a command is used")
    .addHelpText("after", AFTER_HELP);
  for (const define of COMMANDS) program.addCommand(define(runner));
  program.addCommand(completionCommand(runner, () => program));
  for (const command of [program, ...program.commands]) speakOurWay(command, out);
  return program;
}

const AFTER_HELP = `
Credentials for registries come from the file named by REGISTRY_AUTH_FILE, else from Docker's configuration (DOCKER_CONFIG,
~/.docker/config.json), then Podman's (containers/auth.json); credential helpers included. HTTPS_PROXY, HTTP_PROXY, NO_PROXY and
SSL_CERT_FILE are kept to. Loopback registries are reached over plain HTTP, all others over HTTPS.

Exit codes:
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join("\n")}
`;

/** The command's text of an option; a default that says that nothing was given is no news. */
function describeOption(option: Option): string {
  const { defaultValue, argChoices } = option;
  const description = argChoices === undefined ? option.description : `${option.description}: ${argChoices.join(", ")}`;
  const isNews = defaultValue !== undefined && defaultValue !== false && !Array.isArray(defaultValue);
  return isNews && !option.negate ? `${description} (default ${String(defaultValue)})` : description;
}

function describeCommand(command: CommandUnknownOpts): string {
  return [
    command.name(),
    ...command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    ),
  ].join(" ");
}

function speakOurWay(command: CommandUnknownOpts, out: Screen): void {
  command
    .helpOption("--help", "show how it is used")
    .configureHelp({ optionDescription: describeOption, subcommandTerm: describeCommand })
    .configureOutput({
      writeOut: (text) => out.lines(text.trimEnd().split("\n")),
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(out.columns ?? 120, 120),
    })
    .exitOverride((cause) => {
      if (cause.exitCode === 0) throw cause;
      throw new UsageError(problemOf(cause), { command: nameOf(command) });
    });
}

/** `error: unknown option '--fats'` and `(Did you mean --fast?)` as one line. */
function problemOf({ message }: CommanderError): string {
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.+)\?\)$/, "; did you mean $1?")
    .replaceAll("\n", " ");
}

function nameOf(command: CommandUnknownOpts): string {
  return command.parent === null ? "" : command.name();
}
