import { Stack } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";

/** The largest total size of a function's variables, with their names (AWS Lambda developer guide, "Quotas"). */
const VARIABLES_MAX_BYTES = 4_096;
/** CloudFormation names a resource STACK-LOGICALID-RANDOM, with 12 or 13 random characters. */
const RANDOM_LENGTH = 14;
/** Assumed length of a value that is unknown before the deployment, such as an ARN or a URL. */
const UNKNOWN_LENGTH = 256;

/** Fails the synthesis, rather than the deployment, when the variables of a function exceed the limit. */
export function limitVariables(created: LambdaFunction): void {
  created.node.addValidation({
    validate() {
      const bytes = variableBytes(created);
      if (bytes <= VARIABLES_MAX_BYTES) return [];
      return [
        `the variables of ${created.node.id} have ${bytes} bytes, and Lambda allows ${VARIABLES_MAX_BYTES}; use shorter names of destinations and schedules, or deploy several stacks (-c stack=NAME)`,
      ];
    },
  });
}

/** The size of the variables as Lambda counts it: of the JSON text of the whole map. */
export function variableBytes(created: LambdaFunction): number {
  const stack = Stack.of(created);
  const { defaultChild } = created.node;
  if (!(defaultChild instanceof CfnFunction)) return 0;
  const environment: unknown = stack.resolve(defaultChild.environment);
  const variables = fieldOf(environment, "variables");
  if (!isObject(variables)) return 0;
  const known = Object.entries(variables).map(([name, value]) => [name, estimated(value, stack.stackName)]);
  return Buffer.byteLength(JSON.stringify(Object.fromEntries(known)));
}

/** A value with placeholders of the expected length for what CloudFormation inserts. */
function estimated(value: unknown, stackName: string): string {
  if (typeof value === "string") return value;
  const join = fieldOf(value, "Fn::Join");
  if (Array.isArray(join) && Array.isArray(join[1])) {
    return join[1].map((part) => estimated(part, stackName)).join(String(join[0]));
  }
  const reference = fieldOf(value, "Ref");
  if (typeof reference !== "string") return "x".repeat(UNKNOWN_LENGTH);
  return "x".repeat(reference.startsWith("AWS::") ? 32 : stackName.length + reference.length + RANDOM_LENGTH);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
