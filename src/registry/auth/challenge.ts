/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1); scheme in lower case. */
export interface Challenge {
  readonly scheme: string;
  /** By name in lower case; the first value of each counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const END = String.raw`(?=[\s,]|$)`;
const SCHEME = new RegExp(String.raw`[\s,]*(${TOKEN})${END}\s*`, "y");
/** The form of schemes such as Negotiate, instead of parameters (RFC 9110, 11.2). */
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*\s*(?:,|$)/y;
/** Some registries omit the comma between two parameters. */
const PARAMETER = new RegExp(String.raw`[\s,]*(${TOKEN})\s*=\s*(?:${QUOTED}|([^\s,"]*))${END}`, "y");

/**
 * The challenges of all lines of a header, in order, including those of unknown schemes. The rest of a line that does not parse is
 * dropped: a malformed line gives fewer challenges, never wrong ones.
 */
export function parseChallenges(lines: readonly string[]): Challenge[] {
  return lines.flatMap((line) => parseLine(line.slice(0, 8_192)));
}

function parseLine(text: string): Challenge[] {
  const challenges: Challenge[] = [];
  let at = 0;
  for (;;) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(text)?.[1];
    if (scheme === undefined) return challenges;
    TOKEN68.lastIndex = SCHEME.lastIndex;
    const parameters = new Map<string, string>();
    at = TOKEN68.test(text) ? TOKEN68.lastIndex : readParameters(text, SCHEME.lastIndex, parameters);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
}

function readParameters(text: string, start: number, into: Map<string, string>): number {
  let at = start;
  for (;;) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined) return at;
    const value = match[2] === undefined ? (match[3] ?? "") : match[2].replaceAll(/\\(.)/g, "$1");
    if (!into.has(name)) into.set(name, value);
    at = PARAMETER.lastIndex;
  }
}
