import { Aws } from "aws-cdk-lib";

export interface SourceAccess {
  /** The registry that is read. */
  readonly source: { readonly account: string; readonly region: string };
  /** Globs of the repositories that may be read. */
  readonly repositories: readonly string[];
}

/** The repositories' ARNs, and what to say of those that hold a wildcard. */
export function repositoryArns({ source: { account, region }, repositories }: SourceAccess) {
  const patterns = [...new Set(repositories.flatMap(arnPatterns))];
  return {
    arns: patterns.map((pattern) => `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${pattern}`),
    acknowledgements: patterns
      .filter((pattern) => pattern.includes("*"))
      .map((pattern) => ({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecr:${region}:${account}:repository/${pattern}]`,
        reason: "The configuration's own glob of repositories to replicate; read access only.",
      })),
  };
}

/**
 * A glob as IAM knows it, where `*` stands for anything: as many patterns as it takes never to be narrower, and wider only by what IAM cannot say.
 * `prod/**` takes the repository `prod` as well, which `prod/*` would leave out.
 */
export function arnPatterns(glob: string): string[] {
  return [...new Set(withoutGlobstars(glob).map(arnPattern))];
}

/** The glob, and what it is where any of its `**` stands for no component at all. */
function withoutGlobstars(glob: string): string[] {
  const [first = "", ...rest] = glob.split(/(?<=^|\/)\*\*(?:\/|$)/);
  return rest
    .reduce(
      (forms, part) =>
        forms.flatMap((form) => [
          part === "" ? form.replace(/\/$/, "") : `${form}${part}`,
          `${form}**${part === "" ? "" : "/"}${part}`,
        ]),
      [first],
    )
    .filter((form) => form !== "");
}

/** What a name is made of; all else in a glob has a meaning, or is in no name. */
const LITERAL = /[A-Za-z0-9._/-]/;

/** One pattern for a glob whose `**` each stand for a component at least: groups, with what is nested in them, and wildcards become `*`. */
export function arnPattern(glob: string): string {
  let pattern = "";
  for (let at = glob.startsWith("./") ? 2 : 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === "\\") {
      at++;
      pattern += LITERAL.test(glob.charAt(at)) ? glob.charAt(at) : "*";
    } else if ("{([".includes(character)) {
      at = groupEnd(glob, at);
      pattern += "*";
    } else {
      pattern += LITERAL.test(character) ? character : "*";
    }
  }
  return pattern.replaceAll(/\*+/g, "*");
}

/**
 * Where a group ends. One with a class in it, in which brackets are characters, is taken to reach to the last bracket of the glob: never too short.
 */
function groupEnd(glob: string, start: number): number {
  const last = Math.max(...["}", ")", "]"].map((close) => glob.lastIndexOf(close)));
  let depth = 0;
  for (let at = start; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === "\\" || (character === "[" && at > start)) return Math.max(last, start);
    if ("{([".includes(character)) depth++;
    if ("})]".includes(character)) depth--;
    if (depth === 0) return at;
  }
  return glob.length;
}
