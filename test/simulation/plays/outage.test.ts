import { beforeAll, describe, expect, it } from "vitest";
import { playOutage } from "./outage.ts";
import type { OutageReport } from "./outage.ts";
import { configurationOf } from "../cloud/cloud.ts";

const HOUR = 3_600_000;
const OUTAGE = { tags: 10_000, containers: 200, outageMs: 6 * HOUR };
const RATE = configurationOf("gar").destinations[0]?.requestsPerSecond ?? 0;

/** The maximum number of events within any period. */
function most(moments: readonly number[], ms: number): number {
  let start = 0;
  let most = 0;
  for (const [end, moment] of moments.entries()) {
    while ((moments[start] ?? 0) <= moment - ms) start++;
    most = Math.max(most, end - start + 1);
  }
  return most;
}

describe("a target that is unreachable for six hours with 10,000 tags queued", () => {
  let report: OutageReport;
  beforeAll(async () => {
    report = await playOutage(OUTAGE);
  }, 900_000);

  it("S01, P11: leaves no dead letter and no difference", () => {
    expect(report).toMatchObject({ deadLetters: 0, differing: 0 });
  });

  it("P29: gets at most seven requests in any 30 s from all 200 containers: two permits with three attempts each, and one probe", () => {
    expect(report.probes.length).toBeGreaterThan(100);
    expect(most(report.probes, 30_000)).toBeLessThanOrEqual(7);
  });

  it("causes few deliveries: the queues are paused", () => {
    expect(report.deliveries).toBeLessThan(15 * OUTAGE.tags);
  });

  it("S02: gets requests slowly when it is back, and never more than the allowed rate plus the slots saved during the pause", () => {
    const first = report.requests.filter((at) => at < OUTAGE.outageMs + 120_000);
    expect(most(first, 1_000)).toBeLessThan(RATE * 2);
    expect(most(report.requests, 60_000)).toBeLessThanOrEqual(RATE * 70);
  });

  it("has everything within 1.2 times the ideal time at the allowed rate, once it is back", () => {
    const idealMs = (report.requests.length / RATE) * 1_000;
    expect((report.convergedAt - OUTAGE.outageMs) / idealMs).toBeLessThan(1.2);
  });
});
