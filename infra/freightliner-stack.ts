import { CfnOutput, Stack } from "aws-cdk-lib";
import type { StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { SourcePlace } from "./settings/deployment.ts";
import { Freightliner, readConfiguration } from "./freightliner.ts";
import type { FreightlinerProps } from "./freightliner.ts";

export interface FreightlinerStackProps extends StackProps, FreightlinerProps {}

/** Freightliner as a separate stack, for `cdk deploy`. */
export class FreightlinerStack extends Stack {
  constructor(scope: Construct, id: string, props: FreightlinerStackProps) {
    const { description = "Replicates container images from Amazon ECR to Google Artifact Registry" } = props;
    super(scope, id, { ...props, description, env: { ...sourceOf(props), ...props.env } });
    const { trustedRoles, table, deadLetters, externalConfigurationIds, arrivalsUrl, apiUrls } = new Freightliner(
      this,
      "Freightliner",
      settingsOf(props),
    );
    for (const [name, role] of Object.entries(trustedRoles)) {
      const description = "A role to trust in Google's workload identity pool";
      new CfnOutput(this, `${name[0]?.toUpperCase()}${name.slice(1)}RoleArn`, { value: role.roleArn, description });
    }
    new CfnOutput(this, "StateTable", { value: table.tableName, description: "Tag records and checkpoints" });
    new CfnOutput(this, "ExternalConfigurationIds", {
      value: externalConfigurationIds,
      description: "AppConfig's application, environment, profile and deployment strategy",
    });
    if (arrivalsUrl !== undefined) {
      const description = "Where the source sends its notifications";
      new CfnOutput(this, "ArrivalsUrl", { value: arrivalsUrl, description });
    }
    for (const [role, value] of Object.entries(apiUrls)) {
      const description = `The HTTP API for ${role}s`;
      new CfnOutput(this, role === "viewer" ? "ViewerApiUrl" : "OperatorApiUrl", { value, description });
    }
    new CfnOutput(this, "DeadLetters", {
      value: deadLetters.queueUrl,
      description: "Copies that failed permanently, with reasons",
    });
  }
}

/** The account and region of the source, where the stack must be. */
function sourceOf({ configuration }: FreightlinerStackProps): SourcePlace {
  const { account, region } = readConfiguration(configuration).configuration.source;
  return { account, region };
}

/** The properties of the construct, without those of the stack. */
function settingsOf({ configuration, ...props }: FreightlinerStackProps): FreightlinerProps {
  const { env: _env, description: _description, tags: _tags, stackName: _stackName, ...settings } = props;
  return { configuration, ...settings };
}
