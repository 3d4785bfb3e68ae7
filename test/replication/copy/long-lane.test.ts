import { describe, expect, it } from "vitest";
import { MediaType } from "../../../src/oci/media-type.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";
import { tagKey } from "../../../src/replication/state/tag-record.ts";
import { createBandwidthEstimate, TooLargeError } from "../../../src/replication/pacing/time-budget.ts";
import { addImageWithLayerSizes, narrowLine } from "../../fakes/narrow-line.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { CopySettings } from "../../fixtures/replicate-context.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";

const GB = 1e9;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FUNCTION = { limitMs: 15 * MINUTE, lane: { hasLongLane: true } };
const BUILD = { limitMs: 8 * HOUR, lane: { isLong: true } };

/** A source and a target with a line of 10 MB a second between, and who delivers over it. */
function setUp() {
  const clock = createVirtualClock();
  const fixture = replicateFixture({ clock, maxAttempts: 8, leaseMs: 45_000 });
  const line = narrowLine(fixture, clock, 10e6);
  const deliver = (
    reference: string,
    { limitMs, lane }: { readonly limitMs: number; readonly lane: Partial<CopySettings> },
    pushedAt = 0,
  ): Promise<CopyReport> => {
    const endsAt = clock.now() + limitMs;
    const time = { limitMs, remainingMs: () => endsAt - clock.now(), bandwidth: createBandwidthEstimate() };
    const concurrency = createUploadConcurrency({ small: 64, big: 16, now: () => clock.now() });
    const delivery = anotherDelivery(fixture, { time, concurrency, ...lane });
    return replicateTag(copyRequest(reference, pushedAt), delivery, clock.timeout(limitMs));
  };
  const record = (reference: string) => fixture.tags.read(tagKey(fixture.scope, reference), NEVER);
  return { ...fixture, clock, line, deliver, record };
}

describe("an image that is too large for a function", () => {
  it("is handed to the long lane at once when it is requested again: none of it is read or sent", async () => {
    const { clock, line, deliver, source } = setUp();
    const digest = addImageWithLayerSizes(source, [20 * GB], "v1");
    const first = await clock.during(deliver("v1", FUNCTION));
    expect(first).toMatchObject({ outcome: "deferred", reason: "long-lane", tooLarge: digest });
    expect("error" in first ? first.error : undefined).toBeInstanceOf(TooLargeError);
    const sent = line.sentBytes();
    source.calls.length = 0;
    const again = await clock.during(deliver("v1", FUNCTION, 1));
    expect(again).toEqual({ outcome: "deferred", reason: "long-lane", afterMs: 15_000, tooLarge: digest });
    expect(line.sentBytes()).toBe(sent);
    expect(source.calls.map(({ operation }) => operation)).toEqual(["resolve"]);
  });

  it("is tried in the long lane although it is recorded as too large: only functions hand over", async () => {
    const { clock, deliver, source, record } = setUp();
    addImageWithLayerSizes(source, [20 * GB], "v1");
    await clock.during(deliver("v1", FUNCTION));
    expect(await clock.during(deliver("v1", BUILD))).toMatchObject({ outcome: "replicated" });
    expect(await record("v1")).not.toHaveProperty("tooLarge");
  });

  it("does not affect the next image that is pushed under its tag", async () => {
    const { clock, deliver, source } = setUp();
    addImageWithLayerSizes(source, [20 * GB], "v1");
    await clock.during(deliver("v1", FUNCTION));
    addImage(source, ["small"], "v1");
    expect(await clock.during(deliver("v1", FUNCTION, 1))).toMatchObject({ outcome: "replicated" });
  });

  it("stays recorded as too large while its deliveries are deferred for another reason", async () => {
    const { clock, deliver, source, target, record } = setUp();
    const digest = addImageWithLayerSizes(source, [20 * GB], "v1");
    await clock.during(deliver("v1", FUNCTION));
    target.before = () => Promise.reject(new Error("away"));
    expect(await clock.during(deliver("v1", FUNCTION))).toMatchObject({
      outcome: "deferred",
      reason: "attempt-failed",
    });
    expect(await record("v1")).toMatchObject({ tooLarge: digest });
  });

  it("goes to the long lane as well when only an attachment is too large", async () => {
    const { clock, deliver, source } = setUp();
    const digest = addImage(source, ["small"], "v1");
    addImageWithLayerSizes(source, [20 * GB], `${digest.replace(":", "-")}.sbom`);
    const report = { outcome: "deferred", reason: "long-lane", tooLarge: digest };
    expect(await clock.during(deliver("v1", FUNCTION))).toMatchObject(report);
    expect(await clock.during(deliver("v1", BUILD))).toMatchObject({ outcome: "replicated" });
  });

  it("fails after three tries where there is no long lane, with advice", async () => {
    const { clock, deliver, source } = setUp();
    addImageWithLayerSizes(source, [20 * GB], "v1");
    const alone = { ...FUNCTION, lane: {} };
    for (let tries = 1; tries < 3; tries++) {
      expect(await clock.during(deliver("v1", alone))).toMatchObject({ outcome: "deferred", reason: "attempt-failed" });
    }
    const last = await clock.during(deliver("v1", alone));
    expect(last).toMatchObject({ outcome: "failed", reason: "too-large" });
    expect("error" in last ? String(last.error) : "").toMatch(
      /a copy may take 900 s here; .*long lane.*"longLane".*"freightliner copy"/,
    );
  });

  it("is tried three times where there is no long lane, regardless of earlier failures", async () => {
    const { clock, deliver, source, target } = setUp();
    addImageWithLayerSizes(source, [20 * GB], "v1");
    const alone = { ...FUNCTION, lane: {} };
    target.before = () => Promise.reject(new Error("away"));
    for (let failures = 0; failures < 4; failures++) await clock.during(deliver("v1", alone));
    target.before = () => undefined;
    const outcomes: string[] = [];
    for (let tries = 0; tries < 3; tries++) outcomes.push((await clock.during(deliver("v1", alone))).outcome);
    expect(outcomes).toEqual(["deferred", "deferred", "failed"]);
  });

  it("goes to the long lane without another try once that is enabled", async () => {
    const { clock, line, deliver, source } = setUp();
    addImageWithLayerSizes(source, [20 * GB], "v1");
    await clock.during(deliver("v1", { ...FUNCTION, lane: {} }));
    const sent = line.sentBytes();
    expect(await clock.during(deliver("v1", FUNCTION))).toMatchObject({ reason: "long-lane" });
    expect(line.sentBytes()).toBe(sent);
  });

  it("is tried three times in the long lane as well, without counting the function's try", async () => {
    const { clock, deliver, source } = setUp();
    addImageWithLayerSizes(source, [2_000 * GB], "v1");
    expect(await clock.during(deliver("v1", FUNCTION))).toMatchObject({ reason: "long-lane" });
    const reports: CopyReport[] = [];
    for (let tries = 0; tries < 3; tries++) reports.push(await clock.during(deliver("v1", BUILD)));
    expect(reports.map(({ outcome }) => outcome)).toEqual(["deferred", "deferred", "failed"]);
    expect(reports.at(-1)).toMatchObject({ reason: "too-large" });
  });
});

describe("a push while a build copies an image for hours", () => {
  /** An hour of 36 GB under `huge`, five minutes after its build began. */
  async function duringBuild() {
    const fixture = setUp();
    const digest = addImageWithLayerSizes(fixture.source, [36 * GB], "huge");
    const build = fixture.deliver("huge", BUILD);
    await fixture.clock.pass(5 * MINUTE);
    return { ...fixture, digest, build };
  }

  it("of another image is copied as if there were no build", async () => {
    const { clock, deliver, source, target, build, digest } = await duringBuild();
    addImage(source, ["small"], "v2");
    const before = clock.now();
    expect(await clock.during(deliver("v2", FUNCTION))).toMatchObject({ outcome: "replicated" });
    expect(clock.now() - before).toBeLessThan(1_000);
    expect(await clock.during(build)).toMatchObject({ outcome: "replicated", digest });
    expect([...target.tags.keys()]).toEqual(["v2", "huge"]);
  });

  it("of another image with the same huge layer blocks no function: it sends the rest, is deferred, and sends nothing twice", async () => {
    const { clock, line, deliver, source, record, build, digest } = await duringBuild();
    const huge = (await source.fetchManifest({ digest }, clock.timeout(HOUR)))?.bytes ?? new Uint8Array();
    const document: { layers: { digest: string; size: number; mediaType: string }[] } = JSON.parse(
      new TextDecoder().decode(huge),
    );
    const own = new TextEncoder().encode("a layer of its own");
    document.layers.push({ mediaType: MediaType.ociLayer, digest: source.addBlob(own), size: own.byteLength });
    source.addManifest(document, MediaType.ociManifest, "v2");
    const before = clock.now();
    for (let delivery = 1; delivery <= 10; delivery++) {
      const report = await clock.during(deliver("v2", FUNCTION));
      expect(report).toMatchObject({ outcome: "deferred", reason: "busy" });
      expect("afterMs" in report && report.afterMs).toBeGreaterThan(25_000);
    }
    expect(clock.now() - before).toBeLessThan(MINUTE);
    expect(await record("v2")).toMatchObject({ attempts: 0, fruitless: 0 });
    await clock.during(build);
    expect(await clock.during(deliver("v2", FUNCTION))).toMatchObject({ statistics: { blobsUploaded: 0 } });
    expect(line.sentBytes()).toBe(36 * GB);
  });

  it("of a newer image under the same tag ends the outdated copy, and is copied", async () => {
    const { clock, line, deliver, source, target, build } = await duringBuild();
    const newer = addImage(source, ["newer"], "huge");
    expect(await clock.during(deliver("huge", FUNCTION, 1))).toMatchObject({ outcome: "deferred", reason: "busy" });
    const before = clock.now();
    expect(await clock.during(build)).toMatchObject({ outcome: "replicated", digest: newer });
    expect(clock.now() - before).toBeLessThan(MINUTE);
    expect(target.tags.get("huge")).toBe(newer);
    expect(line.sentBytes()).toBeLessThan(4 * GB);
    expect(await clock.during(deliver("huge", FUNCTION, 1))).toMatchObject({ outcome: "unchanged", digest: newer });
  });

  it("whose event is delivered twice, or whose source is unavailable, does not end its copy", async () => {
    const { clock, deliver, source, build, digest } = await duringBuild();
    await clock.during(deliver("huge", FUNCTION, 1));
    source.before = ({ operation }) =>
      operation === "resolve" ? Promise.reject(new Error("away")) : Promise.resolve();
    await clock.pass(MINUTE);
    source.before = () => undefined;
    expect(await clock.during(build)).toMatchObject({ outcome: "replicated", digest });
  });
});
