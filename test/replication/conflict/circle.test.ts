import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { ConflictPolicy } from "../../../src/replication/conflict/conflict-policy.ts";
import { converge } from "../../../src/replication/conflict/converge.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { isSettled } from "../../../src/replication/conflict/settled-conflict.ts";
import { anotherDelivery, copyRequest, replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";
import type { CopySettings } from "../../fixtures/replicate-context.ts";
import { seeded } from "../../fixtures/seeded.ts";

const never = AbortSignal.timeout(600_000);
const TAGS = ["v1", "latest", "stable"];
const CONVERGE: ConflictPolicy = { strategy: "converge" };

/** A circle of registries, each the source of the next, as stacks of their own: their records are separate, and events wait in any order. */
function circleOf(size: number, policy: ConflictPolicy, seed: number) {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  let time = 1_000_000;
  const clock: CopySettings["clock"] = {
    now: () => time,
    after: () => () => undefined,
    sleep: () => Promise.resolve(),
  };
  const registries = Array.from({ length: size }, () => createMemoryRepository("target"));
  const edges = registries.map((registry, from) => {
    const target = registries[(from + 1) % size]!;
    const reader = {
      readManifest: (digest: Digest, signal: AbortSignal) => target.readManifest(digest, signal),
      pushedAt: () => Promise.resolve(undefined),
    };
    const source = createMemoryRepository("source", registry);
    return {
      source,
      target,
      fixture: withSettings(replicateFixture({ conflict: policy, clock, referrers: false }), {
        source,
        target,
        reader,
      }),
    };
  });
  const waiting: { readonly registry: number; readonly tag: string }[] = [];
  const puts: string[] = [];
  const moved = (registry: number, tag: string): void => void waiting.push({ registry, tag });

  /** Delivers one waiting event, any by default: a later one of the same tag may come first. */
  async function deliver(at = Math.floor(random() * waiting.length)): Promise<void> {
    const event = waiting.splice(at, 1)[0];
    const edge = edges[event?.registry ?? -1];
    if (event === undefined || edge === undefined) return;
    time += 1_000;
    const { source, target, fixture } = edge;
    const before = target.tags.get(event.tag);
    await replicateTag(copyRequest(event.tag, time), anotherDelivery(fixture, { source, target }), never);
    const after = target.tags.get(event.tag);
    if (after === before) return;
    puts.push(`${event.registry} ${event.tag} ${after}`);
    moved((event.registry + 1) % size, event.tag);
  }

  return {
    registries,
    waiting,
    /** The moves of tags by copies: edge, tag and digest. */
    puts,
    deliver,
    random,
    pick,
    rest: (ms: number) => void (time += ms),
    push(registry: number, tag: string, content: string): Digest {
      const digest = addImage(registries[registry]!, [content], tag);
      moved(registry, tag);
      return digest;
    },
    remove: (registry: number, tag: string) => void registries[registry]!.tags.delete(tag),
    /** Delivers all events, and those that they cause, but not more than so many. */
    async settle(most: number): Promise<void> {
      for (let deliveries = 0; waiting.length > 0 && deliveries < most; deliveries++) await deliver();
    },
  };
}

type Circle = ReturnType<typeof circleOf>;

const named = ({ registries }: Circle, tag: string): Set<Digest | undefined> =>
  new Set(registries.map(({ tags }) => tags.get(tag)));

describe("a circle of registries", () => {
  it("settles after 1,000 random pushes and deletes: each push crosses each edge at most once, and all agree", async () => {
    const circle = circleOf(3, CONVERGE, 7);
    for (let act = 0; act < 1_000; act++) {
      const [registry, tag] = [Math.floor(circle.random() * 3), circle.pick(TAGS)];
      if (circle.random() < 0.8) circle.push(registry, tag, `push ${act}`);
      else circle.remove(registry, tag);
      // Fewer deliveries than pushes cause: events pile up and overtake each other.
      while (circle.random() < 0.6) await circle.deliver();
    }
    await circle.settle(20_000);
    expect(circle.waiting).toEqual([]);
    for (const tag of TAGS) circle.push(0, tag, `last ${tag}`);
    await circle.settle(1_000);
    for (const tag of TAGS) expect([tag, named(circle, tag).size]).toEqual([tag, 1]);
    // After a delete, the same image may come once more (decision 76).
    expect(Math.max(...counts(circle.puts))).toBeLessThanOrEqual(2);
  });

  it("moves each tag once per edge and push when there are no deletes", async () => {
    const circle = circleOf(3, CONVERGE, 11);
    for (let act = 0; act < 200; act++) {
      circle.push(Math.floor(circle.random() * 3), circle.pick(TAGS), `push ${act}`);
      while (circle.random() < 0.7) await circle.deliver();
    }
    await circle.settle(20_000);
    expect(circle.waiting).toEqual([]);
    expect(Math.max(...counts(circle.puts))).toBe(1);
    for (const tag of TAGS) expect([tag, named(circle, tag).size]).toEqual([tag, 1]);
  });

  it.each<[string, ConflictPolicy, boolean]>([
    ["settles", CONVERGE, true],
    ["would go round for ever if the source always won", { strategy: "source-wins" }, false],
  ])(
    "%s when all of its registries get a push at once, and events arrive against its direction",
    async (_what, policy, isSettled) => {
      const circle = circleOf(3, policy, 3);
      for (const registry of [0, 1, 2]) circle.push(registry, "v1", `push at ${registry}`);
      for (let turn = 0; turn < 150 && circle.waiting.length > 0; turn++) {
        await circle.deliver(
          Math.max(
            circle.waiting.findIndex(({ registry }) => registry === 2 - (turn % 3)),
            0,
          ),
        );
      }
      expect(circle.waiting.length === 0).toBe(isSettled);
      expect(named(circle, "v1").size === 1).toBe(isSettled);
    },
  );

  it("takes a tag back to an earlier image everywhere after a rest", async () => {
    const circle = circleOf(3, CONVERGE, 5);
    const first = circle.push(0, "v1", "first");
    await circle.settle(100);
    circle.push(1, "v1", "second");
    await circle.settle(100);
    circle.rest(3_600_000);
    circle.push(2, "v1", "first");
    await circle.settle(100);
    expect(named(circle, "v1")).toEqual(new Set([first]));
  });
});

describe("a tag that was deleted at the target", () => {
  const MIRRORED: ConflictPolicy = { strategy: "converge", keepsDeletes: true };

  async function deletedTag(policy: ConflictPolicy) {
    const fixture = replicateFixture({ conflict: policy, referrers: false });
    addImage(fixture.source, ["first"], "v1");
    await replicateTag(copyRequest("v1", 1_000), fixture, never);
    fixture.target.tags.delete("v1");
    return {
      fixture,
      again: (pushedAt: number) => replicateTag(copyRequest("v1", pushedAt), anotherDelivery(fixture), never),
    };
  }

  it("stays deleted in a circle that mirrors deletes, and the comparison is quiet about it", async () => {
    const { fixture, again } = await deletedTag(MIRRORED);
    expect(await again(1_000)).toMatchObject({ outcome: "skipped", reason: "target-deleted" });
    expect(fixture.target.tags.has("v1")).toBe(false);
    const record = await fixture.tags.read("gar/project/repository/app:v1", never);
    const digest = fixture.source.tags.get("v1")!;
    const compared = { tag: parseTag("v1"), digest, atTarget: new Map(), now: 1e15 };
    expect(isSettled(record!.conflict!, { ...compared, policies: [MIRRORED] })).toBe(true);
    expect(isSettled(record!.conflict!, { ...compared, policies: [CONVERGE] })).toBe(false);
  });

  it.each<[string, ConflictPolicy, number, string | undefined]>([
    ["where deletes are not mirrored", CONVERGE, 1_000, undefined],
    ["after it was pushed again", MIRRORED, 1e15, undefined],
    ["when the source has another image", MIRRORED, 1_000, "second"],
  ])("comes back %s", async (_when, policy, pushedAt, content) => {
    const { fixture, again } = await deletedTag(policy);
    if (content !== undefined) addImage(fixture.source, [content], "v1");
    expect(await again(pushedAt)).toMatchObject({ outcome: "replicated" });
    expect(fixture.target.tags.get("v1")).toBe(fixture.source.tags.get("v1"));
  });
});

function counts(list: readonly string[]): number[] {
  return [...Map.groupBy(list, (each) => each).values()].map(({ length }) => length);
}

describe("the image that both registries agree on", () => {
  const [small, large] = ["a", "b"].map((text) => digestOf(new TextEncoder().encode(text))).toSorted();
  const ends = { source: small!, target: large! };

  it.each<[string, boolean, boolean, string]>([
    ["the source's, if only the target lacks the other's", true, false, "source"],
    ["the target's, if only the source lacks the other's", false, true, "target"],
    ["the larger one, if both lack it", false, false, "target"],
    ["the larger one, if both have it", true, true, "target"],
  ])("is %s", (_what, sourceHasTarget, targetHasSource, expected) => {
    expect(converge({ ...ends, sourceHasTarget, targetHasSource }, {}, 1_000)).toBe(expected);
  });

  it("is the one that was moved back to, after a rest, and the larger one before", () => {
    const both = { ...ends, sourceHasTarget: true, targetHasSource: true };
    const record = { replicated: { digest: large!, at: 0 } };
    expect(converge(both, record, 900_000)).toBe("source");
    expect(converge(both, record, 899_999)).toBe("target");
    const still = { source: large!, target: small!, sourceHasTarget: true, targetHasSource: true };
    expect(converge(still, record, 900_000)).toBe("target");
    expect(converge(still, record, 899_999)).toBe("source");
  });

  it("is the source's, if two images that have not met were kept apart for 15 minutes, by a third one perhaps", () => {
    const apart = { ...ends, sourceHasTarget: false, targetHasSource: false };
    const conflict = { policy: "converge", source: small!, target: large!, at: 0, until: 900_000 };
    expect(converge(apart, { conflict }, 900_000)).toBe("source");
    expect(converge(apart, { conflict }, 899_999)).toBe("target");
    expect(converge(apart, { conflict: { ...conflict, target: small! } }, 900_000)).toBe("target");
  });
});
