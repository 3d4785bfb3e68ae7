/** A word without characters that are special in a shell. */
const PLAIN = /^[A-Za-z0-9@%+:,./_-]+$/;

/** Quotes a word for a POSIX shell (2.2, "Quoting"): in double quotes if it has none of their special characters, else in single quotes. */
function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  if (!/["$`\\!]/.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Quotes only the value of an option: `--member="..."`. */
function wordOf(word: string): string {
  const [, option = "", value = word] = /^(--[a-z-]+=)([\s\S]*)$/.exec(word) ?? [];
  return `${option}${quoted(value)}`;
}

/** A gcloud command; each word is quoted as needed. */
export function gcloud(verb: string, ...words: readonly string[]): string {
  return `gcloud ${verb} ${words.map(wordOf).join(" ")}`;
}

/** A shell condition: true when the command succeeds; its output is discarded. */
function succeeds(command: string): string {
  return `${command} >/dev/null 2>&1`;
}

/** Runs the command only if the check fails. */
export function unless(check: string, command: string): string {
  return `${succeeds(check)} || ${command}`;
}

/** Runs one command if the check succeeds, the other if it fails. */
export function either(check: string, found: string, missing: string): string {
  return `if ${succeeds(check)}; then ${found}; else ${missing}; fi`;
}

/** A script that stops at the first failure. It runs in a subshell, so that a failure does not close the user's shell. */
export function script(commands: readonly string[]): string {
  return ["(", "set -eu", ...commands, ")", ""].join("\n");
}
