import { describeRequirements } from "../../src/replication/gate/describe-gate.ts";
import type { Decision } from "../../src/replication/rules/decision.ts";
import type { Fact } from "../../src/replication/rules/image-facts.ts";
import type { ReplicationRule } from "../../src/replication/rules/rule.ts";
import type { RejectReason, Verdict } from "../../src/replication/rules/verdict.ts";

const REJECTIONS: Readonly<Record<RejectReason, string>> = {
  repository: "is for other repositories",
  "repository-excluded": "excludes the repository",
  "repository-tag": "is overridden by the tags of the repository",
  tag: "is for other tags",
  "tag-excluded": "excludes the tag",
  "not-latest": "the tag is not among the newest",
  "artifact-type": "is for other artifact types",
};

const FACTS: Readonly<Record<Fact, string>> = {
  pushedAt: "when the image was pushed (--pushed)",
  artifactType: "its artifact type (--artifact-type)",
  subject: "whether it is attached to an image",
  newest: "which tags of the repository are the newest",
};

/** What a rule says about an image, as people read it. */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "selects":
      return "selects it";
    case "waits":
      return `selects it from ${timeOf(verdict.until)} on`;
    case "follows":
      return "selects it if it is attached to an image that is copied";
    case "rejects":
      return REJECTIONS[verdict.reason];
    case "unknown":
      return `depends on ${factsOf(verdict.missing)}`;
  }
}

/** What follows for a destination. @param place where the image would be there, by a rule. */
export function describeDecision(decision: Decision, place: (rule: ReplicationRule) => string): string {
  switch (decision.kind) {
    case "selected":
      return `copied to ${place(decision.rule)}, by "${decision.rule.name}"${gateOf(decision.rule)}`;
    case "waiting":
      return `copied to ${place(decision.rule)} from ${timeOf(decision.until)} on, by "${decision.rule.name}"${gateOf(decision.rule)}`;
    case "attached":
      return `copied to ${place(decision.rule)} if it is attached to an image that is there, by "${decision.rule.name}"`;
    case "undecided":
      return `depends on ${factsOf(decision.missing)}`;
    case "not-selected":
      if (decision.reason === "repository-tag") return "not copied: the tags of the repository say so";
      return decision.rule === undefined
        ? "not copied: no rule for this repository names it"
        : `not copied: "${decision.rule.name}" ${REJECTIONS[decision.reason]}`;
  }
}

/** What the image must have; explaining asks no registry. */
function gateOf({ gate }: ReplicationRule): string {
  return gate === undefined ? "" : `, if it has ${describeRequirements(gate).join(", and ")}`;
}

function factsOf(missing: readonly Fact[]): string {
  return missing.map((fact) => FACTS[fact]).join(" and ");
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
