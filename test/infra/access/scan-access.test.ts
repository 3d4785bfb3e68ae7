import { expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const ACTION = "ecr:DescribeImageScanFindings";

/** Roles that may read results of scans. */
function readers(gate: object | undefined): string[] {
  const rules = [{ repositories: ["prod/**"], destinations: ["europe"], ...(gate === undefined ? {} : { gate }) }];
  const policies = synthesise({ ...EXAMPLE, rules }).findResources("AWS::IAM::Policy");
  return Object.entries(policies)
    .filter(([, policy]) => JSON.stringify(policy).includes(ACTION))
    .map(([id]) => /^Freightliner(\w+?)Role/.exec(id)?.[1] ?? id)
    .toSorted();
}

it("only the roles that copy may read results of scans, and only if a gate asks for them", () => {
  expect(readers({ scan: { maxSeverity: "high" } })).toEqual(["Copy", "LongLane"]);
  expect(readers({ maxBytes: 1 })).toEqual([]);
  expect(readers(undefined)).toEqual([]);
});
