import { App, Duration, Stack, Validations } from "aws-cdk-lib";
import { Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { AwsSolutionsChecks } from "cdk-nag";
import { Freightliner } from "../../infra/freightliner.ts";
import { readConfigurationFile } from "../../infra/settings/read-configuration.ts";

// Several destinations with the team's own key, topic and operators, and other settings than the defaults. cdk-nag checks the stack.
//
//   npx cdk synth --app "node examples/multi-destination/app.ts"

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const stack = new Stack(app, "images", { env: { account: "123456789012", region: "eu-central-1" } });
const key = Key.fromKeyArn(
  stack,
  "Key",
  "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
);
const onCall = Topic.fromTopicArn(stack, "OnCall", "arn:aws:sns:eu-central-1:123456789012:on-call");
const operator = Role.fromRoleArn(stack, "Operator", "arn:aws:iam::123456789012:role/platform-operator");

new Freightliner(stack, "Freightliner", {
  configuration: readConfigurationFile(new URL("freightliner.yaml", import.meta.url)),
  encryptionKey: key,
  alarmTopics: [onCall],
  operators: [operator],
  runbookUrl: "https://wiki.example.com/freightliner/runbook",
  copyMemoryMegabytes: 3_008,
  liveConcurrency: 100,
  messageRetention: Duration.days(14),
  logRetention: RetentionDays.THREE_MONTHS,
});
