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
    const { trustedRoles, table, deadLetters } = new Freightliner(this, "Freightliner", {
      configuration: props.configuration,
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
