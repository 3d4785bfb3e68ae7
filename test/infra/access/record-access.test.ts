import { describe, expect, it } from "vitest";
import { synthesise } from "../template.ts";

describe("paused repositories", () => {
  it.each(["Copy", "Probe", "Reconcile"])("are read by the function %s, which cannot write them", (role) => {
    const policies = Object.entries(synthesise().findResources("AWS::IAM::Policy"));
    const own = policies.filter(([id]) => id.startsWith(`Freightliner${role}Role`));
    const statements: { readonly Action: unknown; readonly Condition?: unknown }[] = own.flatMap(
      ([, policy]) => policy["Properties"].PolicyDocument.Statement,
    );
    const about = statements.filter(({ Condition }) => (JSON.stringify(Condition) ?? "").includes("PAUSE#*"));
    expect(about.map(({ Action }) => Action)).toEqual(["dynamodb:GetItem"]);
  });
});
