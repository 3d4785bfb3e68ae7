/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1); scheme in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const SCHEME = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+|$)/y;
const PARAMETER = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)/y;

/** The challenges of one header value; what cannot be read ends the list, so a broken header gives fewer, never wrong ones. */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, 8_192);
  const challenges: Challenge[] = [];
  let at = 0;
  for (;;) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(text)?.[1];
    if (scheme === undefined) return challenges;
    at = SCHEME.lastIndex;
    const parameters = new Map<string, string>();
    at = readParameters(text, at, parameters);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
    if (at >= text.length) return challenges;
  }
}

function readParameters(text: string, start: number, into: Map<string, string>): number {
  let at = start;
  for (;;) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined) return at;
    into.set(name, match[2] === undefined ? (match[3] ?? "") : match[2].replaceAll(/\\(.)/g, "$1"));
    at = PARAMETER.lastIndex;
  }
}
