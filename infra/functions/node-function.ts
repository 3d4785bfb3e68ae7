import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { join } from "node:path";
import { ROOT, bundled } from "./bundle.ts";
import { definedOnly } from "../settings/defined-only.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { FunctionName } from "../../src/contract/stack/names.ts";
import { limitVariables } from "./variables.ts";

export interface NodeFunctionProps {
  /** A part of the names of function and role, and the folder in `functions/` unless `folder` names it. */
  readonly name: FunctionName;
  readonly folder?: FunctionName;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** Retries of asynchronous invocations; for functions that are invoked asynchronously. */
  readonly asynchronous?: { readonly retries: number; readonly maxAgeSeconds: number };
  readonly settings: Pick<
    DeployedSettings,
    "deployment" | "encryptionKey" | "logRetention" | "metrics" | "tracing" | "openTelemetryLayer"
  >;
}

/** Chunks of blobs are short-lived: a small young generation saves 70 MiB of memory. */
const NODE_OPTIONS = "--max-semi-space-size=4";
/**
 * The layer's wrapper loads OpenTelemetry before the function. Application Signals are off: they need more permissions, and the functions
 * emit their own metrics. Traces propagate by X-Ray's header, which SQS carries from the fan-out function to the copy function.
 */
const OPEN_TELEMETRY = {
  AWS_LAMBDA_EXEC_WRAPPER: "/opt/otel-instrument",
  OTEL_AWS_APPLICATION_SIGNALS_ENABLED: "false",
  OTEL_PROPAGATORS: "xray,tracecontext",
};

/** A Lambda function on Node 24 and arm64, with a bundle of its own, log group and role. */
export function createNodeFunction(scope: Construct, id: string, props: NodeFunctionProps): LambdaFunction {
  const { settings, folder = props.name } = props;
  const { openTelemetryLayer: layer } = settings;
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: settings.logRetention,
    ...(settings.encryptionKey === undefined ? {} : { encryptionKey: settings.encryptionKey }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, {
    roleName: resourceName("role", props.name, settings.deployment),
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
  });
  logGroup.grantWrite(role);
  if (settings.tracing) {
    Validations.of(role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "X-Ray's actions support no resources; all other statements of this policy name theirs.",
    });
  }
  const created = new LambdaFunction(scope, id, {
    functionName: resourceName("function", props.name, settings.deployment),
    code: Code.fromAsset(join(ROOT, "functions", folder), bundled({ entry: `functions/${folder}/index.ts` })),
    handler: "index.handler",
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memoryMegabytes,
    timeout: Duration.seconds(props.timeoutSeconds),
    environment: {
      ...definedOnly(props.environment),
      NODE_OPTIONS,
      ...(settings.metrics ? {} : { POWERTOOLS_METRICS_DISABLED: "true" }),
      ...(layer === undefined ? {} : OPEN_TELEMETRY),
    },
    ...(layer === undefined ? {} : { layers: [layer] }),
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
  });
  limitVariables(created);
  if (props.asynchronous !== undefined) {
    const { retries, maxAgeSeconds } = props.asynchronous;
    created.configureAsyncInvoke({ retryAttempts: retries, maxEventAge: Duration.seconds(maxAgeSeconds) });
  }
  return created;
}
