import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { isArrivalByEvent } from "../../../src/replication/canary/canary-arrival.ts";
import { canaryImage } from "../../../src/replication/canary/canary-image.ts";
import {
  arrivedAt,
  awaitedAt,
  awaitedCanary,
  canaryAgeMs,
  isCanaryDue,
  LONGEST_AWAITED_MS,
  NO_CANARY,
} from "../../../src/replication/canary/canary-record.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const canary = (at: number) => ({ digest: canaryImage(at).manifest.digest, at });

describe("the image of a canary", () => {
  it("is another one at each time, with one blob that all of them share", () => {
    const [one, other] = [canaryImage(1_000), canaryImage(2_000)];
    const digests = ({ blobs }: typeof one) => blobs.map(({ descriptor }) => descriptor.digest);
    expect(one.manifest.digest).not.toBe(other.manifest.digest);
    expect(digests(one).filter((digest) => digests(other).includes(digest))).toHaveLength(1);
    expect(canaryImage(1_000)).toEqual(one);
  });

  it("is an image whose blobs have the digests and sizes that its manifest names", () => {
    const { manifest, blobs } = canaryImage(Date.UTC(2026, 0, 2));
    expect(digestOf(manifest.bytes)).toBe(manifest.digest);
    const named = successors(manifest.bytes, manifest.mediaType);
    expect(named.kind).toBe("image");
    expect(named.blobs.map(({ digest, size }) => [digest, size])).toEqual(
      blobs.map(({ bytes }) => [digestOf(bytes), bytes.length]),
    );
    const text = new TextDecoder().decode(manifest.bytes);
    expect(text).toContain('"org.opencontainers.image.created":"2026-01-02T00:00:00.000Z"');
  });
});

describe("the record of canaries", () => {
  it("counts the age from the push of the newest one that arrived, and before from when one was first awaited", () => {
    const awaited = awaitedAt(NO_CANARY, ["gar"], 1_000);
    expect(canaryAgeMs(awaited, "gar", 5_000)).toBe(4_000);
    const arrived = arrivedAt({ ...awaited, pushed: canary(2_000) }, "gar", canary(2_000));
    expect(canaryAgeMs(arrived, "gar", 5_000)).toBe(3_000);
    expect(canaryAgeMs({ ...arrived, pushed: canary(4_000) }, "gar", 5_000)).toBe(3_000);
    expect(canaryAgeMs(awaitedAt(arrived, ["gar", "hub"], 4_000), "hub", 5_000)).toBe(1_000);
  });

  it("forgets destinations that are gone, and knows no arrival that is older than the newest", () => {
    const both = arrivedAt(awaitedAt(NO_CANARY, ["gar", "hub"], 1_000), "hub", canary(3_000));
    expect(arrivedAt(both, "hub", canary(2_000))).toEqual(both);
    expect(Object.keys(awaitedAt(both, ["gar"], 9_000).destinations)).toEqual(["gar"]);
  });

  it("awaits the last canary until the destination has it", () => {
    const awaited = { ...awaitedAt(NO_CANARY, ["gar"], 0), pushed: canary(1_000) };
    expect(awaitedCanary(awaitedAt(NO_CANARY, ["gar"], 0), "gar")).toBeUndefined();
    expect(awaitedCanary(awaited, "gar")).toEqual(canary(1_000));
    expect(awaitedCanary(arrivedAt(awaited, "gar", canary(1_000)), "gar")).toBeUndefined();
  });

  it("asks for the next canary after an interval, and sooner while one is awaited for long", () => {
    const awaited = { ...awaitedAt(NO_CANARY, ["gar"], 0), pushed: canary(0) };
    const arrived = arrivedAt(awaited, "gar", canary(0));
    expect(isCanaryDue(NO_CANARY, HOUR_MS, 0)).toBe(true);
    expect(isCanaryDue(arrived, HOUR_MS, LONGEST_AWAITED_MS + MINUTE_MS)).toBe(false);
    expect(isCanaryDue(arrived, HOUR_MS, HOUR_MS)).toBe(true);
    expect(isCanaryDue(awaited, HOUR_MS, LONGEST_AWAITED_MS - MINUTE_MS)).toBe(false);
    expect(isCanaryDue(awaited, HOUR_MS, LONGEST_AWAITED_MS)).toBe(true);
    expect(isCanaryDue(awaited, 10 * MINUTE_MS, 10 * MINUTE_MS)).toBe(true);
  });
});

describe("the arrival of a canary by its event", () => {
  const at = 10 * HOUR_MS;
  const pushed = canary(at);
  const receipt: Receipt = {
    id: "e",
    endedAt: at + 5_000,
    // ECR's events have whole seconds.
    pushedAt: at - 900,
    acceptedAt: at + 1_000,
    countsFrom: at,
    digest: pushed.digest,
    traceparent: "00-0-0-01",
    outcome: "replicated",
  };

  it("is a receipt of an accepted push that brought it, or found it there", () => {
    expect(isArrivalByEvent(receipt, pushed)).toBe(true);
    expect(isArrivalByEvent({ ...receipt, outcome: "unchanged" }, pushed)).toBe(true);
  });

  const { acceptedAt: _accepted, ...byComparison } = receipt;
  const { pushedAt: _pushed, ...withoutPush } = receipt;
  it.each<[string, Receipt]>([
    ["the copy of a comparison, which has accepted no push", byComparison],
    ["another image", { ...receipt, digest: canary(at - 1).digest }],
    ["the late request of the canary before it", { ...receipt, pushedAt: at - 10 * MINUTE_MS }],
    ["a request without the time of its push", withoutPush],
    ["a push that another request covered", { ...receipt, outcome: "superseded", reason: "newer-push" }],
    ["a push that was skipped", { ...receipt, outcome: "skipped", reason: "no-rule" }],
    ["a push that failed", { ...receipt, outcome: "failed", reason: "attempts-exhausted" }],
  ])("is not %s", (_what, other) => {
    expect(isArrivalByEvent(other, pushed)).toBe(false);
  });
});
