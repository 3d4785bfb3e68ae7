import { Aws } from "aws-cdk-lib";

export interface SourceAccess {
  /** The registry that is read. */
  readonly source: { readonly account: string; readonly region: string };
  /** Globs of the repositories that may be read. */
  readonly repositories: readonly string[];
}

/** The repositories' ARNs, and what to say of those that hold a wildcard. */
export function repositoryArns({ source: { account, region }, repositories }: SourceAccess) {
  const patterns = [...new Set(repositories.map(arnPattern))];
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

/** A glob as IAM knows it: `*` for whatever it may match, so never narrower, and wider only by what IAM cannot say. */
export function arnPattern(glob: string): string {
  return glob.replaceAll(/\{[^}]*\}|\[[^\]]*\]|[*?+@!]\([^)]*\)|\*+|\?/g, "*").replaceAll(/\*+/g, "*");
}
