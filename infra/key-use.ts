import { Aws, Validations } from "aws-cdk-lib";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { roleOf } from "./role-of.ts";

/** Services that use the key for a function: for its queues, its table, and a secret that may be under the same key. */
const SERVICES = ["sqs", "dynamodb", "secretsmanager"];

/**
 * Lets functions use the team's key through the services that keep their data, and in no other way: a function that is taken over cannot
 * decrypt what it got hold of elsewhere (AWS KMS developer guide, "kms:ViaService").
 */
export function allowKeyUse(functions: readonly IFunction[], key: IKey): void {
  for (const user of functions) {
    key.grantEncryptDecrypt(user);
    Validations.of(roleOf(user)).acknowledge(
      ...["kms:ReEncrypt*", "kms:GenerateDataKey*"].map((action) => ({
        id: `AwsSolutions-IAM5[Action::${action}]`,
        reason:
          "CDK's grant for one key; a denial beside it allows these actions through the services that keep the data only.",
      })),
    );
    user.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
        resources: [key.keyArn],
        conditions: {
          StringNotEquals: { "kms:ViaService": SERVICES.map((name) => `${name}.${Aws.REGION}.${Aws.URL_SUFFIX}`) },
        },
      }),
    );
  }
}
