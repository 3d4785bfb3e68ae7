import { Stack } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";

/** What a function's variables may be in all, names included (AWS Lambda developer guide, "Quotas"). */
export const VARIABLES_MAX_BYTES = 4_096;
/** CloudFormation names a resource STACK-LOGICALID-RANDOM, with 12 or 13 random characters. */
const RANDOM_LENGTH = 14;
/** What a value that nobody can know before the deployment is taken for: an ARN, a URL. */
const UNKNOWN_LENGTH = 256;

/** Makes the synthesis fail, and not the deployment, when a function has more variables than Lambda takes. */
export function limitVariables(created: LambdaFunction): void {
  created.node.addValidation({
    validate() {
      const bytes = variableBytes(created);
      if (bytes <= VARIABLES_MAX_BYTES) return [];
      return [
        `the variables of ${created.node.id} have ${bytes} bytes, and Lambda takes ${VARIABLES_MAX_BYTES}; join rules and destinations with globs, or deploy several stacks (-c stack=NAME)`,
      ];
    },
  });
}

/** The variables as Lambda counts them: the JSON text of the whole map. */
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

/** A value as it will be, with something as long for what CloudFormation puts in. */
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
