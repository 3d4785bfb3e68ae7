import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { MINUTE, setUpRules } from "./rules-fixture.ts";

const EVERYTHING = { repositories: ["**"] };

describe("an accepted push", () => {
  it("is pending until its copy has ended, and its receipt says since when its time counts", async () => {
    const { push, accept, request, receipts, pending, parts, time, announced } = setUpRules(EVERYTHING);
    push("v1");
    accept("m0", "v1", { acceptedAt: time.now + 500 });
    expect(await request("v1", { pushedAt: time.now - MINUTE })).toMatchObject({ outcome: "replicated" });
    expect(pending.size).toBe(0);
    expect([...receipts.values()]).toMatchObject([{ acceptedAt: time.now + 500, countsFrom: time.now }]);
    expect(announced).toMatchObject([
      { type: "Replicated", id: "m0/gar/team/app:v1/end", request: "m0", lagSeconds: 0, outcome: "replicated" },
    ]);
    const image = await parts.images.read("team/app:v1", NEVER);
    expect(image).toEqual({ tags: { gar: "gar/project/repository/app:v1" } });
  });

  it("ends with a skipped request and with a failed one, too", async () => {
    const { push, accept, request, pending, repositoryTags } = setUpRules(EVERYTHING);
    push("v1");
    repositoryTags.tags.set("freightliner:replicate", "off");
    accept("m0", "v1");
    expect(await request("v1")).toMatchObject({ outcome: "skipped" });
    expect(pending.size).toBe(0);
  });

  it("that missed the goal arrives late, and is counted as such unless the probe has done so", async () => {
    const { push, accept, request, announced, observer, time } = setUpRules(EVERYTHING);
    push("v1");
    accept("m0", "v1", { pushedAt: time.now - 6 * MINUTE });
    accept("m1", "v1", { pushedAt: time.now - 7 * MINUTE, lateAt: time.now - MINUTE });
    await request("v1");
    await request("v1");
    expect(announced.map(({ type, lagSeconds }) => [type, lagSeconds])).toEqual([
      ["LateArrived", 360],
      ["LateArrived", 420],
    ]);
    const counted = observer.counts.filter(({ metric }) => metric.startsWith("Pushes"));
    expect(counted).toEqual([{ metric: "PushesLate", value: 1, destination: "gar" }]);
  });

  it("of a request of a comparison is none: nothing is announced or counted", async () => {
    const { push, request, announced, observer } = setUpRules(EVERYTHING);
    push("v1");
    await request("v1");
    expect([announced, observer.counts.filter(({ metric }) => metric.startsWith("Pushes"))]).toEqual([[], []]);
  });

  it("that failed is announced as repaired when a comparison or an operator has its tag copied, and once only", async () => {
    const { push, accept, request, announced, fixture, time, observer } = setUpRules(EVERYTHING);
    const digest = push("v1");
    accept("m0", "v1");
    const failure = { side: "target", category: "permanent", subject: "app" } as const;
    fixture.target.before = ({ operation }) => {
      if (operation === "put-manifest")
        throw new RegistryError({ ...failure, operation, status: 400, code: "MANIFEST_INVALID" }, "no");
    };
    expect(await request("v1")).toMatchObject({ outcome: "failed" });
    fixture.target.before = () => undefined;
    time.now += 2 * MINUTE;
    const pushedAt = time.now - 2 * MINUTE;
    expect(await request("v1", { pushedAt, message: "m0+letter" })).toMatchObject({ outcome: "replicated" });
    expect(await request("v1", { pushedAt, message: "again" })).toMatchObject({ outcome: "unchanged" });
    expect(announced).toEqual([
      expect.objectContaining({ type: "Failed", request: "m0" }),
      {
        version: 1,
        id: "m0+letter/gar/team/app:v1/repair",
        type: "Repaired",
        destination: "gar",
        repository: "team/app",
        reference: "v1",
        request: "m0+letter",
        pushedAt: new Date(pushedAt).toISOString(),
        at: new Date(time.now).toISOString(),
        lagSeconds: 120,
        outcome: "replicated",
        digest,
        rule: "rule 1",
      },
    ]);
    const counted = observer.counts.filter(({ metric }) => metric.startsWith("Pushes"));
    expect(counted.map(({ metric }) => metric)).toEqual(["PushesLate"]);
  });

  it("that failed is announced as repaired after its repair was put off; a backfill that was put off is not announced", async () => {
    const { push, accept, request, announced, fixture } = setUpRules(EVERYTHING);
    const about = { side: "target", subject: "app" } as const;
    const faults = { permanent: 400, transient: 503 } as const;
    const failWith = (category: keyof typeof faults | undefined): void => {
      fixture.target.before = ({ operation }) => {
        if (category === undefined || operation !== "put-manifest") return;
        const status = faults[category];
        throw new RegistryError({ ...about, operation, category, status, code: "MANIFEST_INVALID" }, "no");
      };
    };
    push("v1");
    push("old");
    accept("m0", "v1");
    failWith("permanent");
    expect(await request("v1")).toMatchObject({ outcome: "failed" });
    failWith("transient");
    expect(await request("v1", { message: "comparison" })).toMatchObject({ outcome: "deferred" });
    expect(await request("old", { message: "backfill" })).toMatchObject({ outcome: "deferred" });
    failWith(undefined);
    expect(await request("v1", { message: "comparison" })).toMatchObject({ outcome: "replicated" });
    expect(await request("old", { message: "backfill" })).toMatchObject({ outcome: "replicated" });
    expect(announced.map(({ type, reference }) => [type, reference])).toEqual([
      ["Failed", "v1"],
      ["Repaired", "v1"],
    ]);
  });

  it("that a newer copy ended is announced once, also when its own request was put off and then finds the tag there", async () => {
    const { push, accept, request, announced, fixture, time } = setUpRules(EVERYTHING);
    push("v1");
    accept("m0", "v1", { acceptedAt: time.now - 2 * MINUTE });
    expect(await request("v1", { message: "comparison" })).toMatchObject({ outcome: "replicated" });
    const failure = { side: "target", category: "transient", subject: "app", status: 503 } as const;
    fixture.target.before = () => {
      throw new RegistryError({ ...failure, operation: "resolve" }, "later");
    };
    expect(await request("v1", { message: "m0" })).toMatchObject({ outcome: "deferred" });
    fixture.target.before = () => undefined;
    expect(await request("v1", { message: "m0" })).toMatchObject({ outcome: "unchanged" });
    expect(announced.map(({ type, request: id }) => [type, id])).toEqual([["Replicated", "m0"]]);
  });

  it("stays pending on the queue of another destination, whose message says nothing about it", async () => {
    const { push, accept, request, pending, parts } = setUpRules(EVERYTHING);
    push("v1");
    accept("m0", "v1");
    Object.assign(parts, { serves: () => false });
    expect(await request("v1")).toMatchObject({ outcome: "failed", reason: "wrong-queue" });
    expect(pending.size).toBe(1);
  });

  it("counts from when its rule let it go", async () => {
    const { push, accept, request, pending, time, receipts } = setUpRules({ ...EVERYTHING, minAgeMinutes: 10 });
    const pushedAt = time.now;
    push("v1");
    accept("m0", "v1", { pushedAt });
    expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "deferred", reason: "too-young" });
    expect([...pending.values()]).toMatchObject([{ heldUntil: pushedAt + 10 * MINUTE }]);
    time.now = pushedAt + 11 * MINUTE;
    accept("m1", "v1", { pushedAt, heldUntil: pushedAt + 10 * MINUTE });
    expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "replicated" });
    const receipt = [...receipts.values()].find(({ id }) => id === "m1");
    expect(receipt).toMatchObject({ countsFrom: pushedAt + 10 * MINUTE });
  });

  it("whose request was never sent ends with the copy of a later one, as superseded; one accepted since does not", async () => {
    const { push, accept, request, pending, receipts, time } = setUpRules(EVERYTHING);
    push("v1");
    accept("lost", "v1", { acceptedAt: time.now - 2 * MINUTE });
    accept("fresh", "v1", { acceptedAt: time.now });
    accept("other-tag", "v2", { acceptedAt: time.now - 2 * MINUTE });
    await request("v1");
    expect([...pending.values()].map(({ id }) => id)).toEqual(["fresh", "other-tag"]);
    expect([...receipts.values()].find(({ id }) => id === "lost")).toMatchObject({
      outcome: "superseded",
      reason: "newer-push",
      acceptedAt: time.now - 2 * MINUTE,
    });
  });

  it("ends with the request that brings its digest, and once; one of another digest, and one accepted since, do not", async () => {
    const { push, accept, request, pending, receipts, announced, time } = setUpRules(EVERYTHING);
    const digest = push("v1");
    const other = push("v2");
    const acceptedAt = time.now - 1;
    accept("killed", "v1", { digest, acceptedAt });
    accept("other", "v1", { digest: other, acceptedAt });
    accept("since", "v1", { digest, acceptedAt: time.now + 1 });
    expect(await request("v1", { message: "comparison" })).toMatchObject({ outcome: "replicated" });
    expect([...pending.values()].map(({ id }) => id)).toEqual(["other", "since"]);
    expect(await request("v1", { message: "killed" })).toMatchObject({ outcome: "unchanged" });
    expect(announced.filter(({ request: id }) => id === "killed")).toMatchObject([{ type: "Replicated", digest }]);
    expect([...receipts.values()].find(({ id }) => id === "killed")).toMatchObject({ outcome: "superseded", digest });
  });

  it("ends with a newer push of its tag; an unknown time is not older", async () => {
    const { push, accept, request, pending, announced, time } = setUpRules(EVERYTHING);
    push("v1");
    const acceptedAt = time.now - 1;
    accept("older", "v1", { acceptedAt, pushedAt: time.now - 2_000 });
    accept("newer", "v1", { acceptedAt, pushedAt: time.now });
    accept("unknown", "v1", { acceptedAt, pushedAt: 0 });
    await request("v1", { message: "newer" });
    expect([...pending.values()].map(({ id }) => id)).toEqual(["unknown"]);
    expect(announced.map(({ type, request: id }) => [type, id])).toEqual([
      ["Replicated", "older"],
      ["Replicated", "newer"],
    ]);
  });

  it("stays pending after a request of its tag that brought nothing", async () => {
    const { push, accept, request, pending, repositoryTags, time } = setUpRules(EVERYTHING);
    const digest = push("v1");
    repositoryTags.tags.set("freightliner:replicate", "off");
    accept("killed", "v1", { digest, acceptedAt: time.now - 1 });
    expect(await request("v1", { message: "comparison" })).toMatchObject({ outcome: "skipped" });
    expect(pending.size).toBe(1);
  });

  it("that cannot be ended defers its message, whose next delivery keeps the first receipt", async () => {
    const { push, accept, request, pending, parts, receipts, announced } = setUpRules(EVERYTHING);
    push("v1");
    accept("m0", "v1");
    const { end } = parts.pending;
    Object.assign(parts.pending, { end: () => Promise.reject(new Error("the table is down")) });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "unavailable" });
    expect([pending.size, receipts.size]).toEqual([1, 1]);
    Object.assign(parts.pending, { end });
    await request("v1", { message: "m0" });
    expect([pending.size, [...receipts.values()].map(({ outcome }) => outcome)]).toEqual([0, ["replicated"]]);
    expect(announced).toHaveLength(2);
    expect(announced[1]).toEqual(announced[0]);
  });
});
