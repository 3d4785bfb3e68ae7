import { Aws, Duration, Validations } from "aws-cdk-lib";
import {
  Application,
  ConfigurationContent,
  DeploymentStrategy,
  DeploymentStrategyId,
  Environment,
  HostedConfiguration,
  LambdaValidator,
  Monitor,
  RolloutStrategy,
} from "aws-cdk-lib/aws-appconfig";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { LayerVersion } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { ROLLOUT_MINUTES, VALIDATE_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { CONFIGURATION_REFUSED_ALARM, resourceName } from "../../src/contract/stack/names.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { configuredVariables } from "./configuration-layer.ts";
import { createNodeFunction } from "./node-function.ts";

export interface ExternalConfigurationProps {
  readonly configuration: Configuration;
  readonly layer: LayerVersion;
  readonly settings: DeployedSettings;
}

/** The external document of a stack, which changes its configuration without a deployment of the stack. */
export interface ExternalConfiguration {
  /** `APPLICATION/ENVIRONMENT/PROFILE`, by their IDs. */
  readonly profile: string;
  /** IDs of application, environment, profile and deployment strategy, for people. */
  readonly ids: string;
  allowReading(role: IRole): void;
  /** Creates the alarm before the environment that names it. */
  monitorAfter(alarms: readonly Alarm[]): void;
}

/** A fifth of the containers every two minutes, and then ten minutes in which the alarm may still roll it back. */
const ROLLOUT = {
  growthFactor: 20,
  deploymentDuration: Duration.minutes(ROLLOUT_MINUTES),
  finalBakeTime: Duration.minutes(10),
};

/**
 * The external document in AppConfig: an application with one environment and one hosted profile. A function of ours checks each version
 * before its deployment, which is gradual, and is rolled back when a container refuses the document all the same. The stack deploys an
 * empty document once; the later ones are not the stack's, so that its next deployment does not undo them.
 */
export function createExternalConfiguration(
  scope: Construct,
  { configuration, layer, settings }: ExternalConfigurationProps,
): ExternalConfiguration {
  const { deployment } = settings;
  const application = new Application(scope, "ExternalConfiguration", {
    applicationName: resourceName("appConfig", "configuration", deployment),
  });
  const environment = new Environment(scope, "ExternalEnvironment", {
    application,
    environmentName: resourceName("appConfig", "environment", deployment),
    ...(settings.metrics ? { monitors: [createMonitor(scope, settings)] } : {}),
  });
  const validate = createValidator(scope, { configuration, layer, settings });
  const hosted = new HostedConfiguration(scope, "ExternalDocument", {
    application,
    name: resourceName("appConfig", "document", deployment),
    content: ConfigurationContent.fromInline("{}", "application/json"),
    validators: [LambdaValidator.fromFunction(validate)],
    deployTo: [environment],
    // Of the empty document: nothing changes by it.
    deploymentStrategy: DeploymentStrategy.fromDeploymentStrategyId(scope, "AtOnce", DeploymentStrategyId.ALL_AT_ONCE),
  });
  const gradual = new DeploymentStrategy(scope, "Gradual", {
    deploymentStrategyName: resourceName("appConfig", "gradual", deployment),
    description: "A fifth of the containers every two minutes, then ten minutes of watching",
    rolloutStrategy: RolloutStrategy.linear(ROLLOUT),
  });
  const ids = [application.applicationId, environment.environmentId, hosted.configurationProfileId];
  return {
    profile: ids.join("/"),
    ids: [...ids, gradual.deploymentStrategyId].join(" "),
    allowReading: (role) => void role.addToPrincipalPolicy(readStatement(ids)),
    monitorAfter(alarms) {
      for (const alarm of alarms.filter(({ node }) => node.id === `Alarm-${CONFIGURATION_REFUSED_ALARM}`)) {
        environment.node.addDependency(alarm);
      }
    },
  };
}

function readStatement([application, environment, profile]: readonly string[]): PolicyStatement {
  const path = `application/${application}/environment/${environment}/configuration/${profile}`;
  return new PolicyStatement({
    actions: ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
    resources: [`arn:${Aws.PARTITION}:appconfig:${Aws.REGION}:${Aws.ACCOUNT_ID}:${path}`],
  });
}

/** The function that checks each document before its deployment. */
function createValidator(
  scope: Construct,
  { configuration, layer, settings }: ExternalConfigurationProps,
): LambdaFunction {
  const validate = createNodeFunction(scope, "Validate", {
    name: "validate",
    environment: configuredVariables(configuration, settings.deployment),
    memoryMegabytes: 512,
    timeoutSeconds: VALIDATE_TIMEOUT_SECONDS,
    settings,
  });
  validate.addLayers(layer);
  return validate;
}

/** The alarm by its name: it is created later, because it watches the functions that read the document. */
function createMonitor(scope: Construct, { deployment }: DeployedSettings): Monitor {
  const role = new Role(scope, "MonitorRole", { assumedBy: new ServicePrincipal("appconfig.amazonaws.com") });
  role.addToPolicy(new PolicyStatement({ actions: ["cloudwatch:DescribeAlarms"], resources: ["*"] }));
  Validations.of(role).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason: "What AppConfig documents for a monitor; it reads the states of alarms and nothing else.",
  });
  const name = resourceName("alarm", CONFIGURATION_REFUSED_ALARM, deployment);
  const arn = `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:${name}`;
  return Monitor.fromCloudWatchAlarm(Alarm.fromAlarmArn(scope, "ConfigurationRefused", arn), role);
}
