import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { BuildSpec, ComputeType, LinuxArmBuildImage, Project, Source } from "aws-cdk-lib/aws-codebuild";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import { join } from "node:path";
import type { CopyEnvironment } from "../../src/contract/stack/environment.ts";
import { LONG_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { readableGlobs } from "../../src/contract/configuration/readable-repositories.ts";
import { readsScans } from "../../src/contract/rules/compile-rules.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { ROOT, bundled } from "./bundle.ts";
import { configuredVariables } from "./configuration-layer.ts";
import { allowPull } from "./copy-function.ts";
import { allowTraceHeaders, traceVariables } from "./trace-variables.ts";
import type { FunctionParts } from "./functions.ts";

export interface LongLaneProps extends FunctionParts {
  /** The role that may start builds. */
  readonly starter: IRole;
}

export interface LongLane {
  readonly role: IRole;
  readonly project: Project;
}

/** The Node version of the functions, available on a standard image of CodeBuild (CodeBuild user guide, "Available runtimes"). */
const NODE = 24;

/**
 * The long lane, for copies that take longer than a function may: a CodeBuild project whose builds the probe function starts. One build at
 * a time processes the long queues; without a build, the project costs nothing. Its role needs the same trust and permissions as the copy
 * function's.
 */
export function createLongLane(scope: Construct, props: LongLaneProps): LongLane {
  const { settings, starter } = props;
  const { deployment, encryptionKey } = settings;
  const code = createCode(scope, props.text);
  const logGroup = new LogGroup(scope, "LongLaneLogs", {
    retention: settings.logRetention,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = createRole(scope, props, code);
  props.external.allowReading(role);
  logGroup.grantWrite(role);
  const project = new Project(scope, "LongLane", {
    projectName: resourceName("build", "long-lane", deployment),
    description: "Runs copies that take longer than a function may",
    source: Source.s3({ bucket: code.bucket, path: code.s3ObjectKey }),
    buildSpec: BuildSpec.fromObject({
      version: "0.2",
      phases: {
        install: { "runtime-versions": { nodejs: NODE } },
        build: { commands: ["node --max-semi-space-size=4 index.mjs"] },
      },
    }),
    environment: { buildImage: LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0, computeType: ComputeType.SMALL },
    environmentVariables: variablesOf(props),
    timeout: Duration.seconds(LONG_TIMEOUT_SECONDS),
    queuedTimeout: Duration.seconds(LONG_TIMEOUT_SECONDS),
    concurrentBuildLimit: 1,
    // CDK would add permissions with wildcards.
    role: role.withoutPolicyUpdates(),
    grantReportGroupPermissions: false,
    logging: { cloudWatch: { logGroup } },
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  });
  if (encryptionKey === undefined) {
    Validations.of(project).acknowledge({
      id: "AwsSolutions-CB4",
      reason: "The key encrypts build artifacts; these builds produce none.",
    });
  }
  starter.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["codebuild:StartBuild"], resources: [project.projectArn] }),
  );
  return { role, project };
}

/** A role that may read the code of the builds, and pull from the source. */
function createRole(scope: Construct, { settings, configuration }: LongLaneProps, code: Asset): Role {
  const role = new Role(scope, "LongLaneRole", {
    roleName: resourceName("role", "long-lane", settings.deployment),
    assumedBy: new ServicePrincipal("codebuild.amazonaws.com"),
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [code.bucket.arnForObjects(code.s3ObjectKey)],
    }),
  );
  allowPull(role, {
    source: configuration.source,
    repositories: readableGlobs(configuration),
    readsScans: readsScans(configuration.rules),
  });
  allowTraceHeaders(role, settings);
  return role;
}

function variablesOf({ configuration, external, table, settings }: LongLaneProps): Record<string, { value: string }> {
  const variables = {
    ...configuredVariables(configuration, settings.deployment),
    FREIGHTLINER_CONFIGURATION_FILE: FILE,
    FREIGHTLINER_APPCONFIG: external.profile,
    FREIGHTLINER_TABLE: table.tableName,
  } satisfies CopyEnvironment;
  const switches = {
    ...traceVariables(settings),
    ...(settings.metrics ? {} : { POWERTOOLS_METRICS_DISABLED: "true" }),
  };
  return Object.fromEntries(Object.entries({ ...variables, ...switches }).map(([name, value]) => [name, { value }]));
}

/** The deployed configuration in the folder of the build's code, where the build runs. */
const FILE = "configuration.json";

/** The bundle of the builds' entry point, with the configuration beside it. */
function createCode(scope: Construct, text: string): Asset {
  return new Asset(scope, "LongLaneCode", {
    path: join(ROOT, "functions", "copy"),
    ...bundled({
      entry: "functions/copy/long-lane.ts",
      aliases: { "@aws-sdk/credential-provider-node": "credential-provider-build.mjs" },
      files: { [FILE]: text },
    }),
  });
}
