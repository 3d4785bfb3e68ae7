import { App, Stack } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const BUS = "arn:aws:events:eu-central-1:210987654321:event-bus/platform";
const room = { name: "room", kind: "slack", webhook: arnOf("room"), secretEncryptionKey: KEY };
const hook = {
  name: "hook",
  kind: "webhook",
  webhook: arnOf("hook"),
  signingSecret: arnOf("signing"),
  hosts: ["hooks.example.com"],
  on: ["failed", "recovered"],
};
const mail = { name: "mail", kind: "email", addresses: ["a@example.com", "b@example.com"], digestMinutes: 60 };
const bus = { name: "bus", kind: "eventBridge", bus: BUS };

const templateOf = (...notifications: object[]) => synthesise({ ...EXAMPLE, stack: { notifications } });
const told = templateOf(room, hook, mail, bus);

/** The statements of the notify function's policy that allow an action. */
function allowed(action: string, template = told): { Resource: unknown; Condition?: unknown }[] {
  const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
  return policies
    .filter(([id]) => id.startsWith("FreightlinerNotifyRole"))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(({ Action, Effect }) => Effect === "Allow" && [Action].flat().includes(action));
}

describe("the channels of a stack", () => {
  it("do not exist by default: no queue, no function, no rule", () => {
    const plain = synthesise();
    plain.resourcePropertiesCountIs("AWS::SQS::Queue", { QueueName: Match.stringLikeRegexp("notifications") }, 0);
    plain.resourceCountIs("AWS::SNS::Topic", 0);
    plain.resourcePropertiesCountIs("AWS::Events::Rule", { EventPattern: { source: ["freightliner"] } }, 0);
  });

  it("are fed by a queue that gives up after 100 tries, with the events of this stack and its alarms", () => {
    told.hasResourceProperties("AWS::SQS::Queue", {
      QueueName: "freightliner-notifications-eu-central-1",
      RedrivePolicy: { maxReceiveCount: 100 },
      VisibilityTimeout: 124,
    });
    told.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["freightliner"],
        account: [{ Ref: "AWS::AccountId" }],
        "detail-type": ["Failed", "Late", "Skipped", "Replicated", "LateArrived", "Repaired"],
        detail: { stack: ["freightliner"], outcome: [{ "anything-but": ["skipped"] }, { exists: false }] },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })],
    });
    told.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "lambda" });
    told.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^FreightlinerNotifications"), "Arn"] },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  it("get no events that none of them wants", () => {
    const alarms = templateOf({ ...room, on: ["alarm"] });
    alarms.resourcePropertiesCountIs("AWS::Events::Rule", { EventPattern: { source: ["freightliner"] } }, 0);
    templateOf({ ...room, on: ["failed"] }).hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { source: ["freightliner"], "detail-type": ["Failed"] },
    });
  });

  it("may be sent to by one function, which reads their secrets and nothing else", () => {
    expect(allowed("secretsmanager:GetSecretValue").map(({ Resource }) => Resource)).toEqual([
      [arnOf("room"), arnOf("hook"), arnOf("signing")],
    ]);
    expect(allowed("kms:Decrypt")).toEqual([
      expect.objectContaining({
        Resource: KEY,
        Condition: {
          StringEquals: {
            "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
            "kms:EncryptionContext:SecretARN": [arnOf("room")],
          },
        },
      }),
    ]);
    expect(allowed("events:PutEvents")).toEqual([
      expect.objectContaining({
        Resource: BUS,
        Condition: { StringEquals: { "events:source": "freightliner.notifications" } },
      }),
    ]);
    expect(allowed("sns:Publish").map(({ Resource }) => Resource)).toEqual([
      { Ref: expect.stringMatching(/^FreightlinerMailsmail/) },
    ]);
    const mailing = templateOf(mail);
    for (const action of ["secretsmanager:GetSecretValue", "events:PutEvents", "sns:Publish"])
      expect(allowed(action, mailing)).toHaveLength(action === "sns:Publish" ? 1 : 0);
  });

  it("of mails have a topic with these addresses; those with a digest have a schedule", () => {
    told.hasResourceProperties("AWS::SNS::Topic", { TopicName: "freightliner-notify-mail-eu-central-1" });
    for (const Endpoint of mail.addresses)
      told.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint });
    told.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "freightliner-digest-mail-eu-central-1",
      ScheduleExpression: "rate(60 minutes)",
      Target: { Input: '{"digest":"mail"}' },
    });
    told.resourcePropertiesCountIs("AWS::Scheduler::Schedule", { Name: Match.stringLikeRegexp("digest") }, 1);
  });

  it("use the stack's key for their queues", () => {
    const encryptionKey = Key.fromKeyArn(new Stack(new App(), "keys"), "Key", KEY);
    const template = synthesise({ ...EXAMPLE, stack: { notifications: [mail] } }, { encryptionKey, env: PLACE });
    template.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: KEY });
  });
});

const PLACE = { account: "123456789012", region: "eu-central-1" };
