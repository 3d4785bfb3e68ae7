import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import { estimate } from "../../src/inspection/cost/cost-model.ts";
import { cost } from "../../cli/cost/cost.ts";
import { comparePaths, pathsOf } from "../../src/inspection/cost/paths.ts";
import { captureTerminal } from "../fixtures/processes/terminal.ts";

const usual = { images: 1_000, megabytes: 500, overlap: 0.8, blobs: 10, destinations: 1 };

async function printed(workload: Partial<typeof usual>, json = false): Promise<string> {
  const { terminal, out } = captureTerminal({ json });
  const flags = { set: [], json, quiet: false, verbose: false, path: "internet" } as const;
  await cost({ ...usual, ...workload, ...flags }, terminal, NEVER);
  return out();
}

describe("freightliner cost", () => {
  it("states the egress: bytes that leave AWS, at the list price", async () => {
    const { items } = estimate({ images: 1_000, megabytes: 1_000, overlap: 0, blobs: 10, destinations: 1 });
    expect(items.find(({ name }) => name === "egress")).toEqual({
      name: "egress",
      dollars: 90,
      because: "1000.0 GB leave AWS by the internet",
    });
    expect(await printed({ images: 1_000, megabytes: 1_000, overlap: 0 })).toMatch(/^egress +90\.00/m);
  });

  it("grows with images, bytes and destinations, and falls with content that is already present", () => {
    const workload = fc.record({
      images: fc.integer({ min: 1, max: 1e6 }),
      megabytes: fc.integer({ min: 1, max: 1e4 }),
      overlap: fc.double({ min: 0, max: 0.9, noNaN: true }),
      blobs: fc.integer({ min: 1, max: 100 }),
      destinations: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(workload, (given) => {
        const { total, items } = estimate(given);
        expect(total).toBeCloseTo(items.reduce((sum, { dollars }) => sum + dollars, 0));
        expect(estimate({ ...given, images: given.images * 2 }).total).toBeGreaterThan(total);
        expect(estimate({ ...given, destinations: given.destinations + 1 }).total).toBeGreaterThan(total);
        expect(estimate({ ...given, overlap: given.overlap + 0.1 }).total).toBeLessThan(total);
      }),
    );
  });

  it("includes the standing cost when nothing is pushed", async () => {
    expect(estimate({ images: 0, megabytes: 0, overlap: 0, blobs: 1, destinations: 1 })).toMatchObject({
      perThousandImages: 0,
      perTerabyte: undefined,
    });
    expect(JSON.parse(await printed({ images: 0 }, true)).total).toBeGreaterThan(1);
  });

  it("prices the paths from AWS by tiers, and says what another one would save", () => {
    const [internet, ...others] = comparePaths(60e12, "eu-central-1", "internet");
    // 10 TB at 9 cents, 40 at 8.5, and 10 at 7.
    expect(internet?.dollars).toBeCloseTo(900 + 3_400 + 700);
    expect(others.map(({ path, saves }) => [path.name, Math.round(saves)])).toEqual([
      ["nat", -2_700],
      ["interconnect", 5_000],
    ]);
    expect(pathsOf("eu-west-3").map(({ name }) => name)).toEqual(["internet", "nat"]);
    expect(estimate({ ...usual, images: 0, path: "nat" }).total).toBeGreaterThan(
      estimate({ ...usual, images: 0 }).total,
    );
  });
});
