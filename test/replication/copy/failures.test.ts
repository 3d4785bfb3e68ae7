import { describe, expect, it } from "vitest";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { FailureCategory } from "../../../src/oci/errors/registry-error.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { addImage, addIndex } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

const DAY = 86_400_000;
const never = new AbortController().signal;

function failure(side: "source" | "target", category: FailureCategory, status: number): RegistryError {
  return new RegistryError({ side, operation: "open-blob", subject: "app", category, status }, `HTTP ${status}`);
}

describe("failures", () => {
  it("sends everything again when the target denies having content it had confirmed", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one"], "v1");
    let collected = false;
    fixture.target.before = ({ operation }) => {
      if (operation !== "put-manifest" || collected) return;
      collected = true;
      fixture.target.blobs.clear();
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated", digest });
  });

  it("fails at once, with its reason, when the source refuses permanently", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["one"], "v1");
    fixture.source.before = ({ operation }) => {
      if (operation === "open-blob") throw failure("source", "permanent", 403);
    };
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(report).toMatchObject({ outcome: "failed", reason: "source-denied" });
    expect(fixture.target.tags.size).toBe(0);
  });

  it.each([
    ["access-denied", "target", "put-manifest", "target-denied"],
    ["login-refused", "target", "get-token", "target-login-refused"],
    ["login-refused", "source", "get-credentials", "source-login-refused"],
  ] as const)("waits as %s when the %s refuses %s, and gives up after days", async (reason, side, operation, final) => {
    let days = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + days * DAY };
    const fixture = replicateFixture({ random: () => 0, clock });
    addImage(fixture.source, ["one"], "v1");
    const refuse = (): never => {
      throw new RegistryError({ side, operation, subject: "app", category: "permanent", status: 403 }, "HTTP 403");
    };
    fixture.target.before = ({ operation: begun }) => (begun === "put-manifest" ? refuse() : undefined);
    const deliver = () => replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
    expect(await deliver()).toMatchObject({ outcome: "deferred", reason, afterMs: 15_000 });
    days = 2;
    expect(await deliver()).toMatchObject({ outcome: "deferred", reason, afterMs: 450_000 });
    days = 3;
    expect(await deliver()).toMatchObject({ outcome: "failed", reason: final });
  });

  it("defers for as long as the registry asks when there are too many requests", async () => {
    const fixture = replicateFixture({ random: () => 0 });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = ({ operation }) => {
      if (operation !== "put-blob") return;
      const details = { side: "target", operation: "put-blob", subject: "app", category: "deferred" } as const;
      throw new RegistryError({ ...details, status: 429, retryAfterMs: 7_000 }, "HTTP 429");
    };
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(report).toMatchObject({ outcome: "deferred", reason: "rate-limited", afterMs: 7_000 });
  });

  it("counts attempts that failed for an unknown reason, and gives up after the last one", async () => {
    const fixture = replicateFixture({ maxAttempts: 2 });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = ({ operation }) => {
      if (operation === "put-blob") throw new TypeError("a defect of ours");
    };
    const first = await replicateTag(copyRequest("v1"), fixture, never);
    const second = await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
    expect(first).toMatchObject({ outcome: "deferred", reason: "attempt-failed" });
    expect(second).toMatchObject({ outcome: "failed", reason: "attempts-exhausted" });
  });

  it("defers while a registry is unavailable, however long, and uses up no attempt", async () => {
    const fixture = replicateFixture({ maxAttempts: 1 });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = ({ operation }) => {
      if (operation === "put-blob") throw failure("target", "transient", 502);
    };
    for (let delivery = 0; delivery < 5; delivery++) {
      const report = await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
      expect(report).toMatchObject({ outcome: "deferred", reason: "unavailable" });
    }
    fixture.target.before = () => undefined;
    expect(await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never)).toMatchObject({
      outcome: "replicated",
    });
  });

  it("reports a deadline as deferred, and copies at the next delivery", async () => {
    const fixture = replicateFixture({ maxAttempts: 2 });
    addImage(fixture.source, ["one"], "v1");
    const deadline = new AbortController();
    fixture.target.before = ({ operation }) => {
      if (operation === "put-blob") deadline.abort(new Error("out of time"));
    };
    const report = await replicateTag(copyRequest("v1"), fixture, deadline.signal);
    expect(report).toMatchObject({ outcome: "deferred", reason: "deadline" });
    fixture.target.before = () => undefined;
    expect(await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never)).toMatchObject({
      outcome: "replicated",
    });
  });

  it("P21: defers, and never puts a tag, while the state store cannot be reached", async () => {
    const fixture = replicateFixture({ tags: unavailableStore() });
    addImage(fixture.source, ["one"], "v1");
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "deferred",
      reason: "unavailable",
    });
    expect(fixture.target.calls).toEqual([]);
  });

  it("P15, P26: stops before it puts the tag when another copy has taken its lease", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["one"], "v1");
    fixture.source.before = async ({ operation }) => {
      if (operation !== "open-blob") return;
      const key = `${fixture.scope}:v1`;
      const taken = { message: "m", owner: "o", fence: 9, until: 1e15, dirty: false };
      const take = (record: TagRecord | undefined) => ({ next: { ...record!, fence: 9, lease: taken }, answer: 0 });
      await fixture.tags.update(key, take, never);
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "deferred",
      reason: "lease-lost",
    });
    expect(fixture.target.tags.size).toBe(0);
  });

  it("reports an image whose index names a child the source does not have", async () => {
    const fixture = replicateFixture();
    const child = addImage(fixture.source, ["one"]);
    addIndex(fixture.source, [child], "v1");
    fixture.source.manifests.delete(child);
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "failed",
      reason: "source-incomplete",
    });
  });
});
