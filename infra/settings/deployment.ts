import { NestedStack, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { isStackName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { SettingError } from "./settings.ts";

/** Account and region of the registry that is read. */
export interface SourcePlace {
  readonly account: string;
  readonly region: string;
}

/**
 * What the names of a Freightliner's resources are made of: the name it was given or its stack's, and the source's region, which is where its events
 * arrive and so where it must be.
 * @throws {SettingError} when it is somewhere else, or has the same names as another one of the app.
 */
export function deploymentOf(scope: Construct, name: string | undefined, source: SourcePlace): Deployment {
  const stack = Stack.of(scope);
  checkPlace(stack, source);
  const chosen = name ?? stackName(stack);
  if (Token.isUnresolved(chosen) || !isStackName(chosen)) {
    const problem = "takes the grammar of a stack's name: a letter, then letters, digits and hyphens, 128 at most";
    throw new SettingError(`name: ${problem}; give one, because the stack's own name is not known or does not fit`);
  }
  const others = scope.node.root.node.findAll().filter((other) => names.get(other) === `${chosen} ${source.region}`);
  if (others.length > 0) {
    throw new SettingError(
      `name: ${scope.node.path} would be named like ${others[0]?.node.path}; give one of them a name`,
    );
  }
  names.set(scope, `${chosen} ${source.region}`);
  return { stack: chosen, region: source.region };
}

/** Names that are taken, by the construct that has them. */
const names = new WeakMap<object, string>();

/** Of a nested stack, which CloudFormation names: its parent's, and its own id. */
function stackName(stack: Stack): string {
  const parent = stack instanceof NestedStack ? stack.nestedStackParent : undefined;
  return parent === undefined ? stack.stackName : `${stackName(parent)}-${stack.node.id}`;
}

/** Events of ECR stay in their account and region (Amazon ECR user guide, "Amazon ECR events and EventBridge"). */
function checkPlace({ account, region }: Stack, source: SourcePlace): void {
  for (const [field, at, of] of [
    ["account", account, source.account],
    ["region", region, source.region],
  ] as const) {
    if (Token.isUnresolved(at) || at === of) continue;
    throw new SettingError(
      `env.${field}: the stack is in ${at}, and the configuration's source in ${of}; ECR's events arrive only there`,
    );
  }
}
