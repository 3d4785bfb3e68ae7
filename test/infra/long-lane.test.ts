import { describe, expect, it } from "vitest";
import type { Template } from "aws-cdk-lib/assertions";
import { EXAMPLE, synthesise } from "./template.ts";

const switchedOn = synthesise();
const switchedOff = synthesise({ ...EXAMPLE, longLane: false });

const queueNames = (template: Template): string[] =>
  Object.values(template.findResources("AWS::SQS::Queue")).map(({ Properties }) => String(Properties.QueueName));
const text = (template: Template): string => JSON.stringify(template.toJSON());
const dashboardOf = (template: Template): string =>
  JSON.stringify(Object.values(template.findResources("AWS::CloudWatch::Dashboard")));

describe("the long lane", () => {
  it("is one project with one concurrent build, which only the probe function may start", () => {
    switchedOn.resourceCountIs("AWS::CodeBuild::Project", 1);
    switchedOn.hasResourceProperties("AWS::CodeBuild::Project", {
      Name: "freightliner-long-lane-eu-central-1",
      ConcurrentBuildLimit: 1,
      TimeoutInMinutes: 480,
    });
    const starters = Object.entries(switchedOn.findResources("AWS::IAM::Policy"))
      .filter(([, policy]) => JSON.stringify(policy).includes("codebuild:StartBuild"))
      .map(([id]) => id);
    expect(starters).toEqual([expect.stringMatching(/Probe/)]);
  });

  it("is on the dashboard: started, failed and succeeded builds, and copies in progress for each destination", () => {
    for (const metric of ["Builds", "FailedBuilds", "SucceededBuilds"]) {
      expect(dashboardOf(switchedOn)).toContain(`AWS/CodeBuild\\",\\"${metric}`);
    }
    expect(dashboardOf(switchedOn).match(/ApproximateNumberOfMessagesNotVisible/g)).toHaveLength(
      EXAMPLE.destinations.length,
    );
  });

  it("has no project, role, queue, alarm, output or widget when it is disabled", () => {
    switchedOff.resourceCountIs("AWS::CodeBuild::Project", 0);
    // The variables of the functions say that it is disabled.
    const others = text(switchedOff).replaceAll('\\"longLane\\":false', "");
    expect(others).not.toMatch(/codebuild|long-lane|LongLane/i);
    expect(dashboardOf(switchedOff)).not.toMatch(/Long lane/);
    const otherQueues = queueNames(switchedOn).filter((name) => !name.includes("-long-"));
    expect(queueNames(switchedOff)).toEqual(otherQueues);
    expect(Object.keys(switchedOff.findOutputs("*"))).not.toContain("LongLaneRoleArn");
    expect(Object.keys(switchedOn.findOutputs("*"))).toContain("LongLaneRoleArn");
  });
});
