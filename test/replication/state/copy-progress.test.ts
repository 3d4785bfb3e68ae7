import { describe, expect, it } from "vitest";
import { createCopyProgress } from "../../../src/replication/state/copy-progress.ts";
import type { CopyEvent, CopyProgress } from "../../../src/replication/state/copy-progress.ts";
import { openTagSession } from "../../../src/replication/copy/tag-session.ts";
import { claimTag } from "../../../src/replication/state/tag-record.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";

const blobOf = (letter: string, size: number) =>
  ({ mediaType: "m", digest: `sha256:${letter.repeat(64)}`, size }) as const;
const digestOf = (n: number) => `sha256:${String(n).padStart(12, "0").padEnd(64, "f")}` as const;
const [a, b] = [blobOf("a", 100), blobOf("b", 50)];
const planned: CopyEvent = { kind: "planned", manifests: 1, blobs: [a, b] };

describe("the progress of a copy", () => {
  it("counts finished blobs and bytes, and subtracts those that need not be sent", () => {
    const progress = createCopyProgress();
    expect(progress.read()).toBeUndefined();
    progress.observe(planned);
    expect(progress.read()).toEqual({ blobs: 2, blobsDone: 0, bytes: 150, bytesSent: 0 });
    progress.observe({ kind: "blob-bytes", blob: a, bytes: 60 });
    progress.observe({ kind: "blob-done", blob: b, how: "present" });
    expect(progress.read()).toEqual({ blobs: 2, blobsDone: 1, bytes: 100, bytesSent: 60 });
  });

  it("restarts when the copy does", () => {
    const progress = createCopyProgress();
    for (const event of [planned, { kind: "blob-done", blob: a, how: "uploaded" } as const, planned])
      progress.observe(event);
    expect(progress.read()).toEqual({ blobs: 2, blobsDone: 0, bytes: 150, bytesSent: 0 });
  });

  it("is passed to every subscriber, once per subscription, until unsubscribed", () => {
    const progress = createCopyProgress();
    const seen: CopyProgress[] = [];
    const listener = (known: CopyProgress): void => void seen.push(known);
    const ends = [progress.subscribe(listener), progress.subscribe(listener)];
    progress.observe(planned);
    expect(seen).toHaveLength(2);
    ends[0]?.();
    ends[0]?.();
    progress.observe({ kind: "blob-bytes", blob: a, bytes: 1 });
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)).toEqual(progress.read());
    ends[1]?.();
    progress.observe({ kind: "blob-bytes", blob: a, bytes: 1 });
    expect(seen).toHaveLength(3);
  });

  it("names the largest blobs in flight in the record, with each renewal of the lease", async () => {
    const context = replicateFixture();
    const key = `${context.scope}:v1`;
    const { clock, tags, leaseMs } = context;
    const claim = { key, message: "m", owner: "o", pushedAt: clock.now(), now: clock.now(), leaseMs };
    const claimed = await tags.update(key, (record) => claimTag(record, claim), NEVER);
    if (claimed.kind !== "leased") throw new Error("the tag is free");
    const { copying, lease } = openTagSession(claimed, context);
    const blobs = Array.from({ length: 20 }, (_, n) => ({ mediaType: "m", digest: digestOf(n), size: n + 1 }));
    const inFlight = async () => {
      expect(await lease.renew(NEVER)).toBe(true);
      return (await tags.read(key, NEVER))?.lease?.progress?.inFlight;
    };
    copying.observe({ kind: "planned", manifests: 1, blobs });
    expect(await inFlight()).toBeUndefined();
    for (const blob of blobs) copying.observe({ kind: "blob-started", blob });
    const [smallest, largest] = [blobs[0] ?? a, blobs[19] ?? a];
    copying.observe({ kind: "blob-bytes", blob: largest, bytes: 15 });
    const named = await inFlight();
    expect(named?.map(({ size }) => size)).toEqual(
      blobs
        .map(({ size }) => size)
        .toReversed()
        .slice(0, 16),
    );
    expect(named?.[0]).toEqual({ digest: "000000000019", size: 20, sent: 15 });
    for (const blob of blobs.slice(1, 19)) copying.observe({ kind: "blob-done", blob, how: "uploaded" });
    copying.observe({ kind: "blob-started", blob: largest });
    copying.observe({ kind: "blob-bytes", blob: largest, bytes: 4 });
    copying.observe({ kind: "blob-bytes", blob: smallest, bytes: 2 });
    expect(await inFlight()).toEqual([
      { digest: "000000000019", size: 20, sent: 4 },
      { digest: "000000000000", size: 1, sent: 1 },
    ]);
    copying.observe({ kind: "planned", manifests: 1, blobs });
    expect(await inFlight()).toBeUndefined();
  });

  it("is in the tag's record while the copy runs, and removed with its lease", async () => {
    const context = replicateFixture();
    addImage(context.source, ["one", "two"], "v1");
    const { clock } = context;
    const progresses: unknown[] = [];
    context.target.before = async ({ operation, reference }) => {
      if (operation !== "put-manifest" || reference !== "v1") return;
      const record = await context.tags.read(`${context.scope}:v1`, NEVER);
      progresses.push(record?.lease?.progress);
    };
    const report = await replicateTag(copyRequest("v1", clock.now()), context, AbortSignal.timeout(600_000));
    expect(report).toMatchObject({ outcome: "replicated" });
    expect(progresses).toEqual([{ blobs: 3, blobsDone: 3, bytes: expect.any(Number), bytesSent: expect.any(Number) }]);
    const record = await context.tags.read(`${context.scope}:v1`, NEVER);
    expect(record?.lease).toBeUndefined();
  });
});
