import type { CommandUnknownOpts } from "@commander-js/extra-typings";

export type Shell = "bash" | "zsh" | "fish";

interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Choices of its first argument; empty when any text is allowed. */
  readonly words: readonly string[];
}

interface CompletedOption {
  readonly name: string;
  readonly summary: string;
  /** Choices of its value; empty when any text is allowed, undefined when it takes no value. */
  readonly values: readonly string[] | undefined;
}

/** The lines of a script that completes commands, options and their values, generated from the definition of the command line. */
export function completionScript(shell: Shell, program: CommandUnknownOpts): string[] {
  const commands = program.commands.map(completedCommand);
  const all = [
    ...commands,
    { name: "help", summary: "show the help of a command", options: [], words: commands.map(({ name }) => name) },
  ];
  return SCRIPTS[shell](all);
}

function completedCommand(command: CommandUnknownOpts): CompletedCommand {
  const own = [command, ...command.commands].flatMap(({ options }) => options);
  const options = [...new Map(own.map((option) => [option.long, option])).values()].map(
    ({ long, short, description, argChoices, required }) => ({
      name: long ?? short ?? "",
      summary: description,
      values: required ? (argChoices ?? []) : undefined,
    }),
  );
  return {
    name: command.name(),
    summary: command.summary(),
    options: [...options, { name: "--help", summary: "show this help", values: undefined }],
    words: command.registeredArguments[0]?.argChoices ?? [],
  };
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string[]>> = {
  bash: bashScript,
  zsh: (commands) => ["#compdef freightliner", "autoload -U +X bashcompinit && bashcompinit", ...bashScript(commands)],
  fish: fishScript,
};

/** Uses `compgen -W`: names of commands, options and choices contain no characters that are special in a shell. */
function bashScript(commands: readonly CompletedCommand[]): string[] {
  const valued = (option: CompletedOption): boolean => option.values !== undefined;
  const cases = commands.flatMap(({ name, options, words }) => [
    `    ${name})`,
    ...(options.some(valued) ? [`      case "$previous" in`] : []),
    ...options
      .filter(valued)
      .map((option) => `        ${option.name}) words="${option.values?.join(" ")}"; found=1 ;;`),
    ...(options.some(valued) ? ["      esac"] : []),
    `      [ -n "$found" ] || words="${[...options.map((option) => option.name), ...words].join(" ")}" ;;`,
  ]);
  return [
    "_freightliner() {",
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" found=""`,
    `  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(" ")}"; else`,
    `    case "\${COMP_WORDS[1]}" in`,
    ...cases,
    "    esac",
    "  fi",
    `  COMPREPLY=($(compgen -W "$words" -- "$current"))`,
    "}",
    "complete -o default -F _freightliner freightliner",
  ];
}

function fishScript(commands: readonly CompletedCommand[]): string[] {
  const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
  const first = "complete -c freightliner -n __fish_use_subcommand -f";
  return commands.flatMap(({ name, summary, options, words }) => {
    const of = `complete -c freightliner -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `${first} -a ${name} -d ${quoted(summary)}`,
      ...(words.length === 0 ? [] : [`${of} -f -a ${quoted(words.join(" "))}`]),
      ...options.map(({ name: option, summary: about, values }) => {
        const value = values === undefined ? "" : values.length === 0 ? " -r" : ` -x -a ${quoted(values.join(" "))}`;
        return `${of} -l ${option.replace(/^--/, "")} -d ${quoted(about)}${value}`;
      }),
    ];
  });
}
