import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, LoggingFormat, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { BUNDLE, ROOT } from "./bundle.ts";
import { definedOnly } from "../settings/defined-only.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { FunctionName } from "../../src/contract/stack/names.ts";
import { limitVariables } from "./variables.ts";

export interface NodeFunctionProps {
  /** The folder in `functions/`; also the end of role and function name. */
  readonly name: FunctionName;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** What Lambda does when an asynchronous invocation fails; for functions that are invoked so. */
  readonly asynchronous?: { readonly retries: number; readonly maxAgeSeconds: number };
  readonly settings: Pick<
    DeployedSettings,
    "deployment" | "encryptionKey" | "logRetention" | "metrics" | "tracing" | "openTelemetryLayer"
  >;
}

/** Blobs pass through in pieces that live for moments: a small young generation keeps 70 MiB less of them around. */
const NODE_OPTIONS = "--max-semi-space-size=4";
/**
 * The layer's wrapper loads it before the function. Its metrics (Application Signals) are off: they would need more permissions, and ours
 * say more. The header is X-Ray's, as SQS carries it from the fan-out function to the copy function.
 */
const OPEN_TELEMETRY = {
  AWS_LAMBDA_EXEC_WRAPPER: "/opt/otel-instrument",
  OTEL_AWS_APPLICATION_SIGNALS_ENABLED: "false",
  OTEL_PROPAGATORS: "xray,tracecontext",
};
/** A Lambda function on Node 24 and arm64, bundled into one file, with its own log group and a role of its own. */
export function createNodeFunction(scope: Construct, id: string, props: NodeFunctionProps): NodejsFunction {
  const { settings } = props;
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
      reason: "X-Ray's actions have no resources; all else in this policy names its own.",
    });
  }
  const created = new NodejsFunction(scope, id, {
    functionName: resourceName("function", props.name, settings.deployment),
    entry: `${ROOT}functions/${props.name}/index.ts`,
    projectRoot: ROOT,
    depsLockFilePath: `${ROOT}package-lock.json`,
    handler: "handler",
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
    awsSdkConnectionReuse: false,
    tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    bundling: BUNDLE,
  });
  limitVariables(created);
  if (props.asynchronous !== undefined) {
    const { retries, maxAgeSeconds } = props.asynchronous;
    created.configureAsyncInvoke({ retryAttempts: retries, maxEventAge: Duration.seconds(maxAgeSeconds) });
  }
  return created;
}
