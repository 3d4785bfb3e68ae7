import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENGINES } from "../../../src/contract/patterns/all-engines.ts";
import { compileRules } from "../../../src/contract/rules/compile-rules.ts";
import { isDigest } from "../../../src/oci/digest.ts";
import type { Decision } from "../../../src/replication/rules/decision.ts";
import { decideFor, evaluateRules } from "../../../src/replication/rules/evaluate-rules.ts";
import { explainRules } from "../../../src/replication/rules/explain-rules.ts";
import type { Fact, ImageFacts } from "../../../src/replication/rules/image-facts.ts";
import { newestTags } from "../../../src/replication/rules/newest-tags.ts";
import { oracle } from "./oracle.ts";
import { DESTINATIONS, images, listings, NOW, ruleSets } from "./rule-sets.ts";

const SEED = 20_261_127;
const FACTS = ["pushedAt", "artifactType", "subject", "newest"] as const satisfies readonly Fact[];

/** The decision in the oracle's words. */
function wordsOf(decision: Decision | undefined): string {
  switch (decision?.kind) {
    case "selected":
      return `copy ${decision.rule.name}`;
    case "waiting":
      return `wait ${decision.rule.name} ${decision.until}`;
    case "attached":
      return `follow ${decision.rule.name}`;
    case "undecided":
      return `undecided: ${decision.missing.join(" ")}`;
    case "not-selected":
    case undefined:
      return "no";
  }
}

/** The name of the rule that decides. */
function ruleOf(decision: Decision | undefined): string {
  return decision?.kind === "not-selected" || decision?.kind === "undecided" ? "no" : (decision?.rule.name ?? "no");
}

const cases = fc.record({ rules: ruleSets, image: images, listing: listings });

describe("ten thousand random rule sets", () => {
  it("decide what the plain rules decide, for every destination", () => {
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(cases, ({ rules: documents, image, listing }) => {
        const { rules } = compileRules(documents, ENGINES);
        const { subject } = image;
        const facts: ImageFacts = {
          ...image,
          now: NOW,
          subject: isDigest(subject) ? subject : "none",
          newest: newestTags(rules, listing),
        };
        const decisions = evaluateRules(rules, facts);
        const words = DESTINATIONS.map((destination) => wordsOf(decisions.get(destination)));
        for (const word of words) kinds.set(word.slice(0, 4), (kinds.get(word.slice(0, 4)) ?? 0) + 1);
        const known = { ...image, now: NOW };
        expect([words, DESTINATIONS.map((destination) => wordsOf(decideFor(destination, rules, facts)))]).toEqual(
          Array(2).fill(DESTINATIONS.map((destination) => oracle(documents, destination, known, listing))),
        );
      }),
      { numRuns: 10_000, seed: SEED },
    );
    // The generator reaches every kind of decision, each often.
    expect([...kinds.keys()].map((kind) => kind.trim()).toSorted()).toEqual(["copy", "foll", "no", "wait"]);
    expect(Math.min(...kinds.values())).toBeGreaterThan(500);
  });

  it("decide nothing, where facts are missing, that these facts would change", () => {
    let undecided = 0;
    fc.assert(
      fc.property(cases, fc.subarray([...FACTS]), ({ rules: documents, image, listing }, missing) => {
        const { rules } = compileRules(documents, ENGINES);
        const { subject } = image;
        const all: ImageFacts = {
          ...image,
          now: NOW,
          subject: isDigest(subject) ? subject : "none",
          newest: newestTags(rules, listing),
        };
        const some = { ...all, ...Object.fromEntries(missing.map((fact) => [fact, undefined])) };
        const final = evaluateRules(rules, all);
        for (const [destination, decision] of evaluateRules(rules, some)) {
          const decided = final.get(destination);
          const isOpen = decision.kind === "undecided";
          if (isOpen) undecided++;
          const asks = isOpen ? decision.missing : [];
          expect(missing).toEqual(expect.arrayContaining([...asks]));
          const possible = isOpen
            ? ["no", ...[...decision.rules, decision.attached].map((rule) => rule?.name)]
            : [wordsOf(decision)];
          expect(possible).toContain(isOpen ? ruleOf(decided) : wordsOf(decided));
        }
      }),
      { numRuns: 3_000, seed: SEED },
    );
    expect(undecided).toBeGreaterThan(1_000);
  });

  it("are explained by the verdicts of their rules", () => {
    fc.assert(
      fc.property(cases, ({ rules: documents, image, listing }) => {
        const { rules } = compileRules(documents, ENGINES);
        const { subject: _unknown, ...known } = image;
        const facts = { ...known, now: NOW, newest: newestTags(rules, listing) };
        const { rules: explained, destinations } = explainRules(rules, facts);
        expect(explained.map(({ rule }) => rule)).toEqual(rules);
        for (const decision of destinations.values()) {
          if (decision.kind !== "selected") continue;
          expect(explained.find(({ rule }) => rule === decision.rule)?.verdict).toEqual({ kind: "selects" });
        }
      }),
      { numRuns: 500, seed: SEED },
    );
  });
});
