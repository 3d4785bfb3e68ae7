import { NestedStack, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { isStackName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { SettingError } from "./settings.ts";

/** Account and region of the source registry. */
export interface SourcePlace {
  readonly account: string;
  readonly region: string;
}

/**
 * The deployment of a construct: the `name` setting or the stack's name, and the source's region.
 * @throws {SettingError} when the stack is not in the account and region of the source, where ECR's events arrive, or when another construct of the app
 * has the same name.
 */
export function deploymentOf(scope: Construct, name: string | undefined, source: SourcePlace): Deployment {
  const stack = Stack.of(scope);
  checkPlace(stack, source);
  const chosen = name ?? stackName(stack);
  if (Token.isUnresolved(chosen) || !isStackName(chosen)) {
    const problem = "must be a letter followed by letters, digits and hyphens, at most 128 characters";
    throw new SettingError(`name: ${problem}; set one, because the stack's own name is unknown or does not match`);
  }
  const others = scope.node.root.node.findAll().filter((other) => names.get(other) === `${chosen} ${source.region}`);
  if (others.length > 0) {
    throw new SettingError(
      `name: ${scope.node.path} would have the same resource names as ${others[0]?.node.path}; set another name for one of them`,
    );
  }
  names.set(scope, `${chosen} ${source.region}`);
  return { stack: chosen, region: source.region };
}

/** Names in use, by their constructs. */
const names = new WeakMap<object, string>();

/** The stack's name. For a nested stack, which CloudFormation names: its parent's name and its own id. */
function stackName(stack: Stack): string {
  const parent = stack instanceof NestedStack ? stack.nestedStackParent : undefined;
  return parent === undefined ? stack.stackName : `${stackName(parent)}-${stack.node.id}`;
}

/** ECR sends events only to its own account and region (Amazon ECR user guide, "Amazon ECR events and EventBridge"). */
function checkPlace({ account, region }: Stack, source: SourcePlace): void {
  for (const [field, at, of] of [
    ["account", account, source.account],
    ["region", region, source.region],
  ] as const) {
    if (Token.isUnresolved(at) || at === of) continue;
    throw new SettingError(
      `env.${field}: the stack is in ${at}, but the source is in ${of}; ECR's events arrive only there`,
    );
  }
}
