import { Aws, Validations } from "aws-cdk-lib";
import type { Stack } from "aws-cdk-lib";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";

/** Services that use the key for a function: for its queues, its table, and a secret that may be under the same key. */
const SERVICES = ["sqs", "dynamodb", "secretsmanager"];

/**
 * Lets functions use the team's key through the services that keep their data, and in no other way: a function that is taken over cannot
 * decrypt what it got hold of elsewhere (AWS KMS developer guide, "kms:ViaService").
 */
export function allowKeyForRoles(users: readonly IRole[], key: IKey): void {
  for (const user of users) {
    key.grantEncryptDecrypt(user);
    Validations.of(user).acknowledge(
      ...["kms:ReEncrypt*", "kms:GenerateDataKey*"].map((action) => ({
        id: `AwsSolutions-IAM5[Action::${action}]`,
        reason:
          "CDK's grant for one key; a denial beside it allows these actions through the services that keep the data only.",
      })),
    );
    user.addToPrincipalPolicy(
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
 * Lets AWS's services use the key for this account: CloudWatch Logs for log groups, EventBridge for the queue of undelivered events, CloudWatch for
 * alarms to a topic under the same key. Only a key of the app can be told so; the policy of one that is imported by its ARN has to say it
 * already (docs/use/configuration.md, "A key of your own").
 */
export function allowKeyForServices(key: IKey, { account, region }: Stack): void {
  for (const statement of serviceStatements(account, region)) key.addToResourcePolicy(statement);
}

/** Sources are patterns: the ARN of a rule or log group that uses the key would make it and the key wait for each other. */
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
    // Amazon EventBridge user guide, "Using dead-letter queues": of an encrypted queue, its key too.
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
