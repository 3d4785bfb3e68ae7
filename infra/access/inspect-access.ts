import { Aws, Validations } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { DescribedQueue } from "../storage/copy-queues.ts";
import { allowRecords } from "./record-access.ts";
import { repositoryArns } from "./source-access.ts";
import type { SourceAccess } from "./source-access.ts";

export interface InspectAccess {
  readonly access: SourceAccess;
  readonly table: TableV2;
  readonly queues: readonly DescribedQueue[];
}

/**
 * What the inspect function may do besides pulling: list the source's repositories, read records, keep its own, and request copies of low
 * priority. It may write to no registry.
 */
export function allowInspecting(role: IRole, { access, table, queues }: InspectAccess): void {
  allowRecords(role, table, "inspect");
  const backfill = queues.filter(({ priority }) => priority === "backfill").map(({ queue }) => queue.queueArn);
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: backfill }));
  if (access.source.kind !== "ecr") return;
  const { account, region } = access.source;
  const all = `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/*`;
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:DescribeRepositories"], resources: [all] }));
  Validations.of(role).acknowledge(...repositoryArns({ ...access, repositories: ["*"] }).acknowledgements);
}
