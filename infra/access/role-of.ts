import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";

/** The role a function runs as. Ours all have one; an imported function may not. */
export function roleOf({ role, node }: IFunction): IRole {
  if (role === undefined) throw new Error(`the function ${node.id} has no role`);
  return role;
}
