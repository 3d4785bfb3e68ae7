import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { ConflictPolicy } from "../../../src/replication/conflict/conflict-policy.ts";
import { policyKey, renamedTag } from "../../../src/replication/conflict/conflict-policy.ts";
import type { OwnPuts } from "../../../src/replication/conflict/own-digest.ts";
import { resolveConflict } from "../../../src/replication/conflict/resolve-conflict.ts";
import type { ConflictDecision, TargetSide } from "../../../src/replication/conflict/resolve-conflict.ts";

const digest = (text: string): Digest => digestOf(new TextEncoder().encode(text));
const [SOURCE, OURS, EARLIER, FOREIGN] = [digest("source"), digest("ours"), digest("earlier"), digest("foreign")];
const NOW = 1_000_000;

const POLICIES = {
  "source-wins": { strategy: "source-wins" },
  "target-wins": { strategy: "target-wins" },
  "newest-wins": { strategy: "newest-wins" },
  skip: { strategy: "skip" },
  fail: { strategy: "fail" },
  merge: { strategy: "merge" },
  converge: { strategy: "converge" },
  rename: { strategy: "rename", template: "{tag}-from-aws" },
} as const satisfies Record<ConflictPolicy["strategy"], ConflictPolicy>;
type Strategy = keyof typeof POLICIES;
const STRATEGIES = Object.keys(POLICIES).filter((name): name is Strategy => name in POLICIES);

const PUT: ConflictDecision = { kind: "put" };
const OVERWRITE: ConflictDecision = { kind: "overwrite" };
const MERGE: ConflictDecision = { kind: "merge" };
const NEWER: ConflictDecision = { kind: "keep", reason: "target-newer", copiesContent: false };
const SKIP: ConflictDecision = { kind: "keep", reason: "conflict", copiesContent: false };

/** What each strategy does about an image of someone else. */
const ON_CONFLICT: Record<Strategy, ConflictDecision> = {
  "source-wins": OVERWRITE,
  "target-wins": { kind: "keep", reason: "target-wins", copiesContent: true },
  "newest-wins": OVERWRITE,
  converge: OVERWRITE,
  skip: SKIP,
  fail: { kind: "fail" },
  merge: MERGE,
  rename: { kind: "rename", tag: parseTag("v1-from-aws") },
};

interface State {
  readonly what: string;
  readonly target: TargetSide | undefined;
  readonly record: OwnPuts;
  readonly expected: (strategy: Strategy) => ConflictDecision;
}

const confirmed = (at: number): OwnPuts => ({ replicated: { digest: OURS, at } });
const put = (): ConflictDecision => PUT;
const conflicts = (strategy: Strategy): ConflictDecision => ON_CONFLICT[strategy];
const unlessNewer = (strategy: Strategy): ConflictDecision =>
  strategy === "newest-wins" ? NEWER : ON_CONFLICT[strategy];

/** The source's tag was pushed at 500,000. */
const STATES: readonly State[] = [
  { what: "the target has no such tag", target: undefined, record: {}, expected: put },
  { what: "both sides are equal", target: { digest: SOURCE }, record: {}, expected: put },
  { what: "the source has moved on since our put", target: { digest: OURS }, record: confirmed(1), expected: put },
  {
    what: "a put was announced and its delivery was killed",
    target: { digest: EARLIER },
    record: { ...confirmed(1), puts: [{ digest: EARLIER, at: 2 }] },
    expected: put,
  },
  {
    what: "the first put of all was announced and its delivery was killed",
    target: { digest: EARLIER },
    record: { puts: [{ digest: EARLIER, at: 2 }] },
    expected: put,
  },
  {
    what: "a registry still shows what our last put has replaced a moment ago",
    target: { digest: EARLIER },
    record: { ...confirmed(NOW - 1_000), puts: [{ digest: EARLIER, at: 2 }] },
    expected: put,
  },
  {
    what: "someone has gone back to an image that we had replaced long ago",
    target: { digest: EARLIER },
    record: { ...confirmed(400_000), puts: [{ digest: EARLIER, at: 2 }] },
    expected: conflicts,
  },
  {
    what: "the target's tag is older than our first copy",
    target: { digest: FOREIGN },
    record: {},
    expected: conflicts,
  },
  { what: "someone has moved the tag", target: { digest: FOREIGN }, record: confirmed(400_000), expected: conflicts },
  {
    what: "someone has moved the tag after we had copied this very push",
    target: { digest: FOREIGN },
    record: confirmed(600_000),
    expected: unlessNewer,
  },
  {
    what: "an image of someone else arrived before the push",
    target: { digest: FOREIGN, pushedAt: 499_999 },
    record: {},
    expected: conflicts,
  },
  {
    what: "an image of someone else arrived with the push",
    target: { digest: FOREIGN, pushedAt: 500_000 },
    record: {},
    expected: conflicts,
  },
  {
    what: "an image of someone else arrived after the push",
    target: { digest: FOREIGN, pushedAt: 500_001 },
    record: {},
    expected: unlessNewer,
  },
  {
    what: "an old image of someone else got the tag after we had copied this very push",
    target: { digest: FOREIGN, pushedAt: 3 },
    record: confirmed(600_000),
    expected: unlessNewer,
  },
  {
    what: "the target has an index that we have merged, and the source has moved on",
    target: { digest: OURS, isMerged: true },
    record: confirmed(1),
    expected: (strategy) => (strategy === "merge" ? MERGE : PUT),
  },
  {
    what: "someone has changed an index that we have merged",
    target: { digest: FOREIGN, isMerged: true },
    record: confirmed(400_000),
    expected: conflicts,
  },
];

const source = (reference: string) => ({ reference: parseTag(reference), digest: SOURCE, pushedAt: 500_000 });

describe("a conflict", () => {
  const cases = STATES.flatMap((state) => STRATEGIES.map((strategy) => ({ ...state, strategy })));

  it.each(cases)("$strategy: $what", ({ strategy, target, record, expected }) => {
    const decision = resolveConflict(POLICIES[strategy], source("v1"), target, { record, now: NOW });
    expect(decision).toEqual(expected(strategy));
  });

  it.each(STRATEGIES)("%s: does not exist for content without a tag", (strategy) => {
    const untagged = { reference: SOURCE, digest: SOURCE, pushedAt: 0 };
    expect(resolveConflict(POLICIES[strategy], untagged, { digest: FOREIGN }, { record: {}, now: NOW })).toEqual(PUT);
  });

  it.each(STRATEGIES)("%s: neither renames nor merges the tag of a signature", (strategy) => {
    const tag = source(`sha256-${"0".repeat(64)}.sig`);
    const decision = resolveConflict(POLICIES[strategy], tag, { digest: FOREIGN }, { record: {}, now: NOW });
    expect(decision).toEqual(strategy === "rename" || strategy === "merge" ? SKIP : ON_CONFLICT[strategy]);
  });

  it("fails when the other tag would be too long", () => {
    const decision = resolveConflict(
      POLICIES.rename,
      source("v".repeat(128)),
      { digest: FOREIGN },
      { record: {}, now: NOW },
    );
    expect(decision).toEqual({ kind: "fail" });
  });

  it("is decided anew when the template changes", () => {
    expect(policyKey(POLICIES.rename)).not.toBe(policyKey({ strategy: "rename", template: "aws-{tag}" }));
    expect(renamedTag("aws-{tag}", parseTag("v1"))).toBe("aws-v1");
  });
});
