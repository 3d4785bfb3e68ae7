import { Match } from "aws-cdk-lib/assertions";
import { describe, it } from "vitest";
import { EXAMPLE, synthesise } from "./template.ts";

describe("the rule of a stack that mirrors deletes", () => {
  it("matches deletes, too", () => {
    const rules = EXAMPLE.rules.map((rule) => ({ ...rule, deletes: "mirror" as const }));
    const detail = { $or: Match.arrayWith([{ "action-type": ["PUSH", "REPLICATE", "DELETE"], result: ["SUCCESS"] }]) };
    synthesise({ ...EXAMPLE, rules }).hasResourceProperties("AWS::Events::Rule", {
      EventPattern: Match.objectLike({ detail }),
    });
  });
});
