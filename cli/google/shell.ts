/** A word that no shell takes for more than itself: letters, digits, and signs without a meaning. */
const PLAIN = /^[A-Za-z0-9@%+:,./_-]+$/;

/** One word for a POSIX shell (2.2, "Quoting"): in single quotes nothing has a meaning, in double quotes what stands here has none. */
function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  if (!/["$`\\!]/.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** An option keeps its name before the quotes: `--member="..."`. */
function wordOf(word: string): string {
  const [, option = "", value = word] = /^(--[a-z-]+=)([\s\S]*)$/.exec(word) ?? [];
  return `${option}${quoted(value)}`;
}

/** A command of gcloud: what to do, and words, each as it is. */
export function gcloud(verb: string, ...words: readonly string[]): string {
  return `gcloud ${verb} ${words.map(wordOf).join(" ")}`;
}

/** True in a shell when a command succeeds, whatever it says. */
function succeeds(command: string): string {
  return `${command} >/dev/null 2>&1`;
}

/** A command that is left out when a look shows that there is nothing to do. */
export function unless(look: string, command: string): string {
  return `${succeeds(look)} || ${command}`;
}

/** One command when a look succeeds, and another one when not. */
export function either(look: string, found: string, missing: string): string {
  return `if ${succeeds(look)}; then ${found}; else ${missing}; fi`;
}

/** Commands that end at the first one that fails; in a shell of their own, so that a person's stays open. */
export function script(commands: readonly string[]): string {
  return ["(", "set -eu", ...commands, ")", ""].join("\n");
}
