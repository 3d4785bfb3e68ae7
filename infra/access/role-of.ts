import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";

/** The execution role of a function. @throws {Error} for an imported function without one. */
export function roleOf({ role, node }: IFunction): IRole {
  if (role === undefined) throw new Error(`the function ${node.id} has no role`);
  return role;
}
