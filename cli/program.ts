import { Command } from "@commander-js/extra-typings";
import type { CommanderError, CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { VERSION } from "../src/contract/version/version.ts";
import { completionCommand } from "./commands/completion.ts";
import { copyCommand } from "./commands/images/copy.ts";
import { applyCommand } from "./commands/stack/apply.ts";
import { configCommand } from "./commands/config.ts";
import { costCommand } from "./commands/stack/cost.ts";
import { deleteCommand } from "./commands/images/delete.ts";
import { deletesCommand } from "./commands/stack/deletes.ts";
import { digestCommand } from "./commands/images/digest.ts";
import { doctorCommand } from "./commands/stack/doctor.ts";
import { googleSetupCommand } from "./commands/stack/google-setup.ts";
import { inspectCommand } from "./commands/images/inspect.ts";
import { jobsCommand } from "./commands/jobs.ts";
import { loginCommand } from "./commands/login.ts";
import { logoutCommand } from "./commands/logout.ts";
import { planCommand } from "./commands/stack/plan.ts";
import { receiptsCommand } from "./commands/stack/receipts.ts";
import { redriveCommand } from "./commands/stack/redrive.ts";
import { sloCommand } from "./commands/stack/slo.ts";
import { statusCommand } from "./commands/stack/status.ts";
import { syncCommand } from "./commands/images/sync.ts";
import { tagsCommand } from "./commands/images/tags.ts";
import { cancelCommand, pauseCommand, resumeCommand } from "./commands/stack/pause.ts";
import { uiCommand } from "./commands/stack/ui.ts";
import { undeleteCommand } from "./commands/stack/undelete.ts";
import { verifyCommand } from "./commands/images/verify.ts";
import { watchCommand } from "./commands/stack/watch.ts";
import { EXIT_CODES } from "./errors/exit-code.ts";
import type { CommandRunner } from "./commands/command-runner.ts";
import type { Screen } from "./terminal/terminal.ts";
import { UsageError } from "./errors/usage-error.ts";

/** Commands in the order of the help. Each imports its implementation only when it runs. */
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
  planCommand,
  applyCommand,
  statusCommand,
  watchCommand,
  uiCommand,
  pauseCommand,
  resumeCommand,
  cancelCommand,
  doctorCommand,
  redriveCommand,
  jobsCommand,
  deletesCommand,
  undeleteCommand,
  receiptsCommand,
  sloCommand,
  configCommand,
  googleSetupCommand,
  costCommand,
] as const;

/** Defines the command line: commands, options, help, completion. Help goes to `out`. @throws {UsageError} while parsing. */
export function createProgram(runner: CommandRunner, out: Screen): CommandUnknownOpts {
  const program: CommandUnknownOpts = new Command("freightliner")
    .description("Copies and replicates container images.")
    .version(VERSION, "--version", "show the version")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", AFTER_HELP);
  for (const define of COMMANDS) program.addCommand(define(runner));
  program.addCommand(completionCommand(runner, () => program));
  for (const command of withSubcommands(program)) configureOutput(command, out);
  return program;
}

function withSubcommands(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

const AFTER_HELP = `
Registry credentials are read from the file that REGISTRY_AUTH_FILE names, otherwise from Docker's configuration (DOCKER_CONFIG,
~/.docker/config.json), then from Podman's (containers/auth.json), including credential helpers. HTTPS_PROXY, HTTP_PROXY, NO_PROXY
and SSL_CERT_FILE are respected. Registries on localhost are reached over plain HTTP, all others over HTTPS.

Exit codes:
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join("\n")}
`;

/** The help text of an option, with its choices and its default. Defaults that only mean "not given" are omitted. */
function describeOption(option: Option): string {
  const { defaultValue, argChoices } = option;
  const description = argChoices === undefined ? option.description : `${option.description}: ${argChoices.join(", ")}`;
  const hasDefault = defaultValue !== undefined && defaultValue !== false && !Array.isArray(defaultValue);
  return hasDefault && !option.negate ? `${description} (default ${String(defaultValue)})` : description;
}

function describeCommand(command: CommandUnknownOpts): string {
  return [
    command.name(),
    ...command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    ),
  ].join(" ");
}

function configureOutput(command: CommandUnknownOpts, out: Screen): void {
  command
    .helpOption("--help", "show this help")
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

/** Joins commander's `error: unknown option '--fats'` and `(Did you mean --fast?)` into one line. */
function problemOf({ message }: CommanderError): string {
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.+)\?\)$/, "; did you mean $1?")
    .replaceAll("\n", " ");
}

function nameOf(command: CommandUnknownOpts): string {
  return command.parent === null ? "" : `${nameOf(command.parent)} ${command.name()}`.trim();
}
