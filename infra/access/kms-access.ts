import { Aws, Validations } from "aws-cdk-lib";
import type { Stack } from "aws-cdk-lib";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";

/** Services that use the key on behalf of a function: for its queues, its table, and a secret that may have the same key. */
const SERVICES = ["sqs", "dynamodb", "secretsmanager"];

/**
 * Allows roles to use the team's key, but only through the services that store their data: a compromised function cannot use the key to
 * decrypt other ciphertexts (AWS KMS developer guide, "kms:ViaService").
 */
export function allowKeyForRoles(roles: readonly IRole[], key: IKey): void {
  for (const role of roles) {
    key.grantEncryptDecrypt(role);
    Validations.of(role).acknowledge(
      ...["kms:ReEncrypt*", "kms:GenerateDataKey*"].map((action) => ({
        id: `AwsSolutions-IAM5[Action::${action}]`,
        reason: "CDK's grant for one key; a deny statement limits these actions to the services that store the data.",
      })),
    );
    role.addToPrincipalPolicy(
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

/**
 * Allows AWS services to use the key for this account: CloudWatch Logs for log groups, EventBridge for the queue of undelivered events,
 * and CloudWatch for alarms to a topic with the same key. CDK can only change the policy of a key that the app creates; a key imported by
 * its ARN must already have these statements (docs/use/configuration.md, "A key of one's own").
 */
export function allowKeyForServices(key: IKey, { account, region }: Stack): void {
  for (const statement of serviceStatements(account, region)) key.addToResourcePolicy(statement);
}

/** Sources are patterns: the ARN of a rule or log group that uses the key would make a circular dependency. */
function serviceStatements(account: string, region: string): PolicyStatement[] {
  const ofAccount = { StringEquals: { "aws:SourceAccount": account } };
  const here = (service: string, resource: string): string =>
    `arn:${Aws.PARTITION}:${service}:${region}:${account}:${resource}`;
  return [
    // Amazon CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      resources: ["*"],
      conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": here("logs", "*") } },
    }),
    // Amazon EventBridge user guide, "Using dead-letter queues": an encrypted queue also needs access to its key.
    new PolicyStatement({
      principals: [new ServicePrincipal("events.amazonaws.com")],
      actions: ["kms:GenerateDataKey", "kms:Decrypt"],
      resources: ["*"],
      conditions: { ...ofAccount, ArnLike: { "aws:SourceArn": here("events", "rule/*") } },
    }),
    // Amazon SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics".
    new PolicyStatement({
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["kms:GenerateDataKey*", "kms:Decrypt"],
      resources: ["*"],
      conditions: ofAccount,
    }),
  ];
}
