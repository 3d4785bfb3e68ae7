import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { ManagedPolicy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { ApiAddress, ApiVariables } from "../../src/contract/stack/environment.ts";
import { API_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { allowApi } from "../access/api-access.ts";
import { acknowledgeJobs, jobStatements } from "../access/job-access.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { roleOf } from "../access/role-of.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";
import { configuredVariables } from "./configuration-layer.ts";
import type { FunctionParts } from "./functions.ts";
import type { JobsFunction } from "./jobs-function.ts";
import { createNodeFunction } from "./node-function.ts";

/** One address of the API. */
export interface ApiFunction {
  readonly role: ApiAddress["role"];
  readonly served: LambdaFunction;
  readonly url: string;
}

export interface ApiFunctionsProps extends Omit<FunctionParts, "text"> {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  readonly table: TableV2;
  /** The functions that check what their roles may do at the registries. */
  readonly checked: readonly LambdaFunction[];
  readonly jobs: JobsFunction | undefined;
  /** The key that signs receipts, if they are signed. */
  readonly receiptKey: IKey | undefined;
}

const ADDRESSES = [
  { role: "viewer", name: "viewer-api", id: "ViewerApi" },
  { role: "operator", name: "api", id: "Api" },
] as const;

/**
 * The HTTP API at two function URLs with IAM. Each has a role of its own: the viewers' function could change nothing even if its code were wrong.
 * People get one of two managed policies, which allow to invoke one URL.
 * @returns none unless the settings ask for it.
 */
export function createApiFunctions(scope: Construct, props: ApiFunctionsProps): readonly ApiFunction[] {
  const { api } = props.settings;
  return api === undefined ? [] : ADDRESSES.map((address) => createApiFunction(scope, address, props, api.origins));
}

function createApiFunction(
  scope: Construct,
  { role, name, id }: (typeof ADDRESSES)[number],
  {
    configuration,
    layer,
    external,
    queues,
    deadLetters,
    table,
    checked,
    jobs,
    receiptKey,
    settings,
  }: ApiFunctionsProps,
  origins: readonly string[],
): ApiFunction {
  const served = createNodeFunction(scope, id, {
    name,
    folder: "api",
    environment: {
      ...configuredVariables(configuration, settings.deployment),
      FREIGHTLINER_APPCONFIG: external.profile,
      FREIGHTLINER_TABLE: table.tableName,
      ...(jobs === undefined ? {} : { FREIGHTLINER_JOBS: JSON.stringify(jobs.scheduling) }),
      ...(receiptKey === undefined ? {} : { FREIGHTLINER_RECEIPT_KEY: receiptKey.keyArn }),
      FREIGHTLINER_API: JSON.stringify({ role, origins: [...origins] } satisfies ApiAddress),
    } satisfies ApiVariables,
    memoryMegabytes: 512,
    timeoutSeconds: API_TIMEOUT_SECONDS,
    settings,
  });
  served.addLayers(layer);
  const own = roleOf(served);
  external.allowReading(own);
  allowApi(own, { role, queues, deadLetters, table, checked, receiptKey });
  if (role === "operator" && jobs !== undefined) allowJobs(own, jobs, table);
  if (settings.encryptionKey !== undefined) allowKeyForRoles([own], settings.encryptionKey);
  // The API answers requests of other origins itself.
  const url = served.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
  const policy = new ManagedPolicy(scope, `${id}Users`, {
    managedPolicyName: resourceName("role", `${role}s`, settings.deployment),
    description: `Allows to use the API of ${settings.deployment.stack} as ${role}`,
  });
  allowInvoking(policy, served);
  return { role, served, url: url.url };
}

function allowJobs(role: IRole, { scheduling, starter }: JobsFunction, table: TableV2): void {
  for (const statement of jobStatements({ scheduling, starter, table })) role.addToPrincipalPolicy(statement);
  acknowledgeJobs(role, scheduling);
}

/** Both permissions that a function URL needs (AWS Lambda developer guide, "Control access to Lambda function URLs"). */
function allowInvoking(policy: ManagedPolicy, { functionArn }: LambdaFunction): void {
  policy.addStatements(
    new PolicyStatement({
      actions: ["lambda:InvokeFunctionUrl"],
      resources: [functionArn],
      conditions: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } },
    }),
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: [functionArn],
      conditions: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
    }),
  );
}
