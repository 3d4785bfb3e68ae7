import { CfnOutput, Stack } from "aws-cdk-lib";
import type { StackProps } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { Freightliner } from "./freightliner.ts";

export interface FreightlinerStackProps extends StackProps {
  /** The configuration as JSON text (docs/configuration.md). */
  readonly configuration: string;
  /** Topics that are told of alarms. */
  readonly alarmTopicArns?: readonly string[];
  /** Where docs/runbook.md is published. */
  readonly runbookUrl?: string;
}

/** Freightliner as a stack of its own, for `cdk deploy`. */
export class FreightlinerStack extends Stack {
  constructor(scope: Construct, id: string, props: FreightlinerStackProps) {
    const { configuration, alarmTopicArns = [], runbookUrl, ...rest } = props;
    super(scope, id, {
      description: "Replicates container images from Amazon ECR to Google Artifact Registry",
      ...rest,
    });
    const { trustedRoles, table, deadLetters } = new Freightliner(this, "Freightliner", {
      configuration,
      alarmTopics: alarmTopicArns.map((arn, index) => Topic.fromTopicArn(this, `AlarmTopic${index}`, arn)),
      ...(runbookUrl === undefined ? {} : { runbookUrl }),
    });
    for (const [name, role] of Object.entries({
      CopyRoleArn: trustedRoles.copy,
      ProbeRoleArn: trustedRoles.probe,
      ReconcileRoleArn: trustedRoles.reconcile,
    })) {
      const description = "A role to trust in Google's workload identity pool";
      new CfnOutput(this, name, { value: role.roleArn, description });
    }
    new CfnOutput(this, "StateTable", { value: table.tableName, description: "Tag records and checkpoints" });
    new CfnOutput(this, "DeadLetters", {
      value: deadLetters.queueUrl,
      description: "Copies that can never succeed, with reasons",
    });
  }
}
