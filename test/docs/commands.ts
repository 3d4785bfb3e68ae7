import { readFileSync } from "node:fs";
import { createProgram } from "../../cli/program.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import manifest from "../../package.json" with { type: "json" };
import { codeOf } from "./documents.ts";

const program = createProgram({ run: () => Promise.resolve() }, createScreen({ write: () => undefined }));
const scripts = new Set(Object.keys(manifest.scripts));
/** Context values that the CDK app reads. */
const contexts = new Set(
  [...readFileSync("infra/app.ts", "utf8").matchAll(/contextText\("(\w+)"\)/g)].map(([, name = ""]) => name),
);
/** A word that stands for what the reader writes, as in `freightliner COMMAND --help`. */
const isPlaceholder = (word: string): boolean => /^[A-Z]+$/.test(word);

/** What a document tells people to run that does not exist: scripts, context values, commands and their options. */
export function unknownCommands(markdown: string): string[] {
  return codeOf(markdown).flatMap((line) => [...unknownScripts(line), ...unknownContexts(line), ...unknownWords(line)]);
}

function unknownScripts(line: string): string[] {
  const named = [...line.matchAll(/\bnpm run (?:--?[a-z]+ )*([\w:-]+)/g), ...line.matchAll(/\bnpm (start|test)\b/g)];
  return named.map(([, script = ""]) => script).filter((script) => !scripts.has(script));
}

function unknownContexts(line: string): string[] {
  const isCdk = /\bcdk [a-z]/.test(line) || line.startsWith("-c ");
  const named = isCdk ? [...line.matchAll(/(?<= |^)-c (\w+)=/g)] : [];
  return named.map(([, name = ""]) => name).filter((name) => !contexts.has(name));
}

/** Of `freightliner COMMAND --option`, also behind a pipe. */
function unknownWords(line: string): string[] {
  return [...line.matchAll(/(?:^|(?<=[\s|;(] *))(?:npx )?freightliner ([a-zA-Z-]+)((?: [^|;>#)]+)?)/g)].flatMap(
    ([, name = "", rest = ""]) => {
      if (name === "help" || name === "--version" || name === "--help") return [];
      const options = rest.match(/(?<=[\s[])--[a-z][a-z-]*/g) ?? [];
      if (isPlaceholder(name)) return options.filter((option) => !isOfEveryCommand(option));
      const known = optionsOf(name);
      if (known === undefined) return [`freightliner ${name}`];
      return options.filter((option) => !known.has(option)).map((option) => `freightliner ${name} ${option}`);
    },
  );
}

/** The options of a command, and of the commands below it. */
function optionsOf(name: string): ReadonlySet<string> | undefined {
  const command = program.commands.find((each) => each.name() === name);
  const options = command && [command, ...command.commands].flatMap((each) => each.options);
  return options && new Set(["--help", ...options.map(({ long }) => long ?? "")]);
}

function isOfEveryCommand(option: string): boolean {
  return program.commands.every((command) => optionsOf(command.name())?.has(option));
}

/** Options in code type that no command has, of a document whose options are all the command's. */
export function unknownOptions(markdown: string): string[] {
  const known = new Set(program.commands.flatMap((command) => [...(optionsOf(command.name()) ?? [])]));
  const named = codeOf(markdown).flatMap((code) => /^(--[a-z][a-z-]*)/.exec(code)?.slice(1) ?? []);
  return named.filter((option) => !known.has(option));
}
