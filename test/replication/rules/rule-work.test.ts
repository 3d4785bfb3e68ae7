import { describe, expect, it } from "vitest";
import { decideFor, evaluateRules } from "../../../src/replication/rules/evaluate-rules.ts";
import type { ReplicationRule } from "../../../src/replication/rules/rule.ts";
import { configurationOf } from "../../fixtures/configuration.ts";

const RULES = 1_000;

/** A thousand rules that count how often their patterns are asked. */
function counted() {
  const asked = { repository: 0, tag: 0 };
  const documents = Array.from({ length: RULES }, (_, index) => ({
    repositories: [`team-${index}/**`, `shared/${index}`],
    tags: ["v*"],
    destinations: ["one", "two"],
  }));
  const rules = configurationOf(...documents).rules.map((rule): ReplicationRule => ({
    ...rule,
    matchesRepository: (name) => ++asked.repository > 0 && rule.matchesRepository(name),
    matchesTag: (tag) => ++asked.tag > 0 && rule.matchesTag(tag),
  }));
  return { rules, asked };
}

describe("1,000 rules", () => {
  it("are asked for each repository once, and for a tag only where the repository matches", () => {
    const { rules, asked } = counted();
    const decisions = evaluateRules(rules, { repository: "team-999/app", reference: "v1", now: 0 });
    expect([...decisions.values()].map(({ kind }) => kind)).toEqual(["selected", "selected"]);
    expect(asked).toEqual({ repository: RULES, tag: 1 });
  });

  it("are asked no further than the first that decides, for one destination", () => {
    const { rules, asked } = counted();
    expect(decideFor("one", rules, { repository: "team-9/app", reference: "v1", now: 0 }).kind).toBe("selected");
    expect(asked).toEqual({ repository: 10, tag: 1 });
  });

  it("decide about a repository that none names without a look at its tags", () => {
    const { rules, asked } = counted();
    expect(evaluateRules(rules, { repository: "other", reference: "v1", now: 0 }).size).toBe(0);
    expect(asked).toEqual({ repository: RULES, tag: 0 });
  });
});
