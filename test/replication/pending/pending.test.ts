import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { imageBytes } from "../../../src/replication/pending/image-bytes.ts";
import { imageStatus } from "../../../src/replication/pending/image-status.ts";
import { countsFrom, pendingMs } from "../../../src/replication/pending/pending-push.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import { addPending, NOTHING_PENDING } from "../../../src/replication/pending/pending-total.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { addImage, addIndex } from "../../fixtures/images/memory-image.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";

const push = (about: Partial<PendingPush> = {}): PendingPush => ({
  id: "e1",
  destination: "gar",
  repository: parseRepositoryName("app"),
  reference: parseTag("v1"),
  pushedAt: 1_000,
  acceptedAt: 2_000,
  ...about,
});

describe("the time of a push", () => {
  it("counts from the push; without its time, from its acceptance; and from when its rule let it go", () => {
    expect(countsFrom(push())).toBe(1_000);
    expect(countsFrom(push({ pushedAt: 0 }))).toBe(2_000);
    expect(countsFrom(push({ heldUntil: 5_000 }))).toBe(5_000);
    expect(pendingMs(push({ heldUntil: 5_000 }), 4_000)).toBe(0);
    expect(pendingMs(push({ heldUntil: 5_000 }), 6_500)).toBe(1_500);
  });
});

describe("what is pending", () => {
  it("is counted with its bytes, its oldest push and those that are late", () => {
    const pushes = [push({ bytes: 10 }), push({ pushedAt: 5_000 }), push({ bytes: 30, heldUntil: 100_000 })];
    const options = { now: 10_000, withinMs: 6_000 };
    const total = pushes.reduce((known, each) => addPending(known, each, options), NOTHING_PENDING);
    expect(total).toEqual({ copies: 3, bytes: 40, unsized: 1, oldestMs: 9_000, late: 1 });
  });
});

describe("the bytes of an image", () => {
  it("are those of all its platforms, each blob once", async () => {
    const source = createMemoryRepository("source");
    const one = addImage(source, ["shared", "one"], "one");
    const two = addImage(source, ["shared", "two!"], "two");
    addIndex(source, [one, two], "all");
    const sizes = await Promise.all(["one", "two", "all"].map((tag) => imageBytes(source, tag, NEVER)));
    const [first = 0, second = 0, all = 0] = sizes;
    const blobs = [...source.blobs.values()].reduce((sum, { length }) => sum + length, 0);
    expect(all).toBe(blobs);
    expect(all).toBeLessThan(first + second);
  });

  it("are unknown for an image that the source does not have", async () => {
    expect(await imageBytes(createMemoryRepository("source"), "none", NEVER)).toBeUndefined();
  });
});

describe("the status of an image", () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  const replicated = { digest, at: 500 };
  it.each([
    ["PENDING", undefined, [push()]],
    ["NOT_TRACKED", undefined, []],
    ["PENDING", { ...NEW_TAG, wantedAt: 900 }, []],
    ["REPLICATED", { ...NEW_TAG, replicated, last: { outcome: "replicated" } }, []],
    ["PENDING", { ...NEW_TAG, replicated, last: { outcome: "replicated" } }, [push()]],
    ["FAILED", { ...NEW_TAG, last: { outcome: "failed", reason: "target-denied" } }, []],
    ["NOT_TRACKED", { ...NEW_TAG, last: { outcome: "skipped", reason: "not-latest" } }, []],
  ] as const)("is %s", (state, record, pushes) => {
    const status = imageStatus(record, pushes, 3_000);
    expect(status.state).toBe(state);
    expect(status.pendingMs).toBe(pushes.length === 0 ? undefined : 2_000);
  });
});
