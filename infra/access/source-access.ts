import { Aws } from "aws-cdk-lib";

export interface SourceAccess {
  /** The source registry. */
  readonly source: { readonly account: string; readonly region: string };
  /** Globs of the readable repositories. */
  readonly repositories: readonly string[];
}

/** The repositories' ARNs, and acknowledgements for cdk-nag of those with a wildcard. */
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
 * A glob as IAM patterns, in which `*` matches anything. Together they match every repository that the glob matches, and more only where
 * IAM patterns cannot express the glob. `prod/**` also matches the repository `prod`, which `prod/*` would not.
 */
export function arnPatterns(glob: string): string[] {
  return [...new Set(withoutGlobstars(glob).map(arnPattern))];
}

/** The glob in all variants in which some of its `**` match no component. */
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

/** Characters of repository names. Any other character of a glob is special, or in no name. */
const LITERAL = /[A-Za-z0-9._/-]/;

/** One pattern for a glob in which each `**` matches at least one component: wildcards and groups, with everything nested in them, become `*`. */
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
 * The end of a group. A group that contains a character class, in which brackets are literals, is assumed to end at the last bracket of
 * the glob, so that the pattern is never too narrow.
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
