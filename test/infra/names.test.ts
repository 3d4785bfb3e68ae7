import { NestedStack, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { FreightlinerStack } from "../../infra/freightliner-stack.ts";
import { Freightliner } from "../../infra/freightliner.ts";
import { LONGEST_NAME } from "../../src/contract/stack/names.ts";
import type { NamedResource } from "../../src/contract/stack/names.ts";
import { EXAMPLE, unbundledApp } from "./template.ts";

/** Properties by which resources are named, and the longest name that each service takes. */
const NAMED: Readonly<Record<string, readonly [property: string, kind: NamedResource]>> = {
  "AWS::Lambda::Function": ["FunctionName", "function"],
  "AWS::IAM::Role": ["RoleName", "role"],
  "AWS::SQS::Queue": ["QueueName", "queue"],
  "AWS::SNS::Topic": ["TopicName", "topic"],
  "AWS::CodeBuild::Project": ["Name", "build"],
  "AWS::Scheduler::Schedule": ["Name", "schedule"],
  "AWS::Scheduler::ScheduleGroup": ["Name", "scheduleGroup"],
  "AWS::AppConfig::Application": ["Name", "appConfig"],
  "AWS::AppConfig::Environment": ["Name", "appConfig"],
  "AWS::AppConfig::ConfigurationProfile": ["Name", "appConfig"],
  "AWS::AppConfig::DeploymentStrategy": ["Name", "appConfig"],
  "AWS::CloudWatch::Alarm": ["AlarmName", "alarm"],
  "AWS::CloudWatch::Dashboard": ["DashboardName", "dashboard"],
  "AWS::Logs::QueryDefinition": ["Name", "query"],
};
/** Every property that ends so names something, so that a type that is missing above is noticed, */
const NAME = /^(?:Name|\w+Name)$/;
/** but for references, and for inline policies, whose names are their role's own. */
const NO_NAMES = ["GroupName", "MetricName", "PolicyName"];

interface Named {
  readonly type: string;
  readonly name: string;
}

function namesIn(template: Template): Named[] {
  const resources: Record<string, { readonly Type: string; readonly Properties?: object }> =
    template.toJSON()["Resources"];
  return Object.values(resources).flatMap(({ Type: type, Properties = {} }) =>
    Object.entries(Properties).flatMap(([property, name]) =>
      NAME.test(property) && typeof name === "string" && !NO_NAMES.includes(property) ? [{ type, name }] : [],
    ),
  );
}

/** The longest names that a configuration can bring. */
function longest(region: string) {
  const name = "a-destination-of-24-char";
  const destination = { ...EXAMPLE.destinations[0], name };
  return {
    ...EXAMPLE,
    source: { account: "123456789012", region },
    destinations: [destination],
    rules: [{ repositories: ["**"], destinations: [name] }],
    reconcile: { schedules: [{ name: "a-weekly-look-at-archive", at: "rate(7 days)" }] },
    stack: { notifications: [{ name, kind: "email", addresses: ["a@example.com"], digestMinutes: 60 }] },
  };
}

const synthesised = new Map<string, Template>();

/** A stack's template, made once. */
function stackOf(id: string, region = "eu-central-1"): Template {
  const key = `${id} ${region}`;
  const template = synthesised.get(key) ?? synthesise(id, region);
  synthesised.set(key, template);
  return template;
}

function synthesise(id: string, region: string): Template {
  const app = unbundledApp();
  const configuration = JSON.stringify(longest(region));
  return Template.fromStack(new FreightlinerStack(app, id, { configuration }));
}

const LONG = "platform-engineering-production-container-images-to-google";

describe("resource names in a template", () => {
  it("are accepted by their services, with a stack, destination and schedule of maximum length", () => {
    for (const { type, name } of [...namesIn(stackOf(LONG)), ...namesIn(stackOf("s".repeat(128)))]) {
      const [, kind = "role"] = NAMED[type] ?? [];
      expect([type, name, Object.hasOwn(NAMED, type)]).toEqual([type, name, true]);
      expect(name.length).toBeLessThanOrEqual(LONGEST_NAME[kind]);
    }
  });

  it.each([
    ["a second region", "images", "us-east-1"],
    ["a second stack", "pictures", "eu-central-1"],
    ["a second stack that is named after its region", "images-eu-central-1", "eu-central-1"],
    ["a second stack with a long name", `${LONG}-again`, "eu-central-1"],
  ])("of %s in the same account are all others", (_what, id, region) => {
    const first = namesIn(stackOf(id.startsWith(LONG) ? LONG : "images")).map(({ name }) => name);
    const second = namesIn(stackOf(id, region)).map(({ name }) => name);
    expect(first.length).toBeGreaterThan(20);
    expect(second.filter((name) => first.includes(name))).toEqual([]);
  });
});

describe("the construct in another stack", () => {
  it("is named after the stack, and in a nested stack after both", () => {
    const parent = new Stack(unbundledApp(), "parent");
    const nested = new NestedStack(parent, "Images");
    new Freightliner(nested, "Freightliner", { configuration: EXAMPLE });
    Template.fromStack(nested).hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "parent-Images-copy-eu-central-1",
    });
  });

  it("needs its own name when the stack contains another one", () => {
    const stack = new Stack(unbundledApp(), "images");
    new Freightliner(stack, "A", { configuration: EXAMPLE });
    expect(() => new Freightliner(stack, "B", { configuration: EXAMPLE })).toThrow(
      "name: images/B would have the same resource names as images/A; set another name for one of them",
    );
    expect(() => new Freightliner(stack, "C", { configuration: EXAMPLE, name: "a name" })).toThrow(
      /^name: must be a letter/,
    );
    new Freightliner(stack, "D", { configuration: EXAMPLE, name: "more-images" });
    Template.fromStack(stack).hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "more-images-copy-eu-central-1",
    });
  });

  it.each([
    [{ region: "us-east-1" }, "env.region: the stack is in us-east-1, but the source is in eu-central-1"],
    [{ account: "999999999999" }, "env.account: the stack is in 999999999999, but the source is in 1234"],
  ])("anywhere but beside its source is refused: %o", (env, problem) => {
    const configuration = JSON.stringify(EXAMPLE);
    expect(() => new FreightlinerStack(unbundledApp(), "images", { configuration, env })).toThrow(problem);
    expect(() => new Freightliner(new Stack(unbundledApp(), "images", { env }), "F", { configuration })).toThrow(
      problem,
    );
  });

  it("deploys to the account and region of its source by default", () => {
    const { account, region } = new FreightlinerStack(unbundledApp(), "images", { configuration: EXAMPLE });
    expect({ account, region }).toEqual(EXAMPLE.source);
  });
});
