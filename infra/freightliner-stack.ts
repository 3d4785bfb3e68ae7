import { CfnOutput, Stack } from "aws-cdk-lib";
import type { StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Freightliner } from "./freightliner.ts";

export interface FreightlinerStackProps extends StackProps {
  /** The configuration as JSON text (docs/configuration.md). */
  readonly configuration: string;
}

/** Freightliner as a stack of its own, for `cdk deploy`. */
export class FreightlinerStack extends Stack {
  constructor(scope: Construct, id: string, props: FreightlinerStackProps) {
    super(scope, id, {
      description: "Replicates container images from Amazon ECR to Google Artifact Registry",
      ...props,
    });
    const { copyRole, table, deadLetters } = new Freightliner(this, "Freightliner", {
      configuration: props.configuration,
    });
    new CfnOutput(this, "CopyRoleArn", {
      value: copyRole.roleArn,
      description: "The role to trust in Google's workload identity pool",
    });
    new CfnOutput(this, "StateTable", { value: table.tableName, description: "Tag records and checkpoints" });
    new CfnOutput(this, "DeadLetters", {
      value: deadLetters.queueUrl,
      description: "Copies that can never succeed, with reasons",
    });
  }
}
