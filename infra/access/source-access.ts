import { Aws, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { readablePatterns } from "../../src/contract/stack/repository-patterns.ts";

export interface SourceAccess {
  /** The source registry. */
  readonly source: {
    readonly kind: string;
    readonly account: string;
    readonly region: string;
    readonly repositoryTags: boolean;
  };
  /** Globs of the readable repositories. */
  readonly repositories: readonly string[];
  /** Whether a gate asks for results of scans. */
  readonly readsScans: boolean;
}

/** The repositories' ARNs, and acknowledgements for cdk-nag of those with a wildcard. */
export function repositoryArns({
  source: { account, region },
  repositories,
}: Pick<SourceAccess, "source" | "repositories">) {
  const patterns = readablePatterns(repositories);
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

/** The action that reads the tags of repositories, where the configuration obeys them. */
export function tagActions({ source }: SourceAccess): string[] {
  return source.repositoryTags ? ["ecr:ListTagsForResource"] : [];
}

/** Allows a role to read the manifests of the rules' repositories: their sizes. It may read no layer. */
export function allowManifests(role: IRole, access: SourceAccess): void {
  if (access.source.kind !== "ecr") return;
  const { arns, acknowledgements } = repositoryArns(access);
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:BatchGetImage"], resources: [...arns] }));
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
  Validations.of(role).acknowledge(...acknowledgements);
}
