import { assert, property, shuffledSubarray } from "fast-check";
import { describe, expect, it } from "vitest";
import { differingFields } from "../../../src/contract/layers/differing-fields.ts";
import { layerConfiguration, LAYERS, originOf } from "../../../src/contract/layers/layer-configuration.ts";
import type { Layer } from "../../../src/contract/layers/layer-configuration.ts";

const all: readonly Layer[] = LAYERS.map((name, index) => ({ name, document: { retries: { preset: name }, index } }));

describe("the layers of a configuration", () => {
  it.each(LAYERS.map((name, index) => [name, index] as const))(
    "take a value from %s over every layer below it",
    (name, index) => {
      const { document, origins } = layerConfiguration(all.slice(0, index + 1));
      expect(document).toEqual({ retries: { preset: name }, index });
      expect(originOf(origins, "retries.preset")).toEqual({ layer: name, field: "retries.preset" });
    },
  );

  it("have the same precedence whatever the order in which they are given", () => {
    assert(
      property(shuffledSubarray([...all], { minLength: 1 }), (layers) => {
        const last = LAYERS.findLast((name) => layers.some((layer) => layer.name === name));
        expect(layerConfiguration(layers).document).toMatchObject({ retries: { preset: last } });
      }),
    );
  });

  it("merge objects by field, and keep the origin of each value", () => {
    const { document, origins } = layerConfiguration([
      { name: "defaults", document: { retries: { preset: "standard", operations: {} }, longLane: true } },
      { name: "file", document: { retries: { operations: { resolve: { tries: 2, baseMs: 5 } } } } },
      { name: "external", document: { retries: { operations: { resolve: { tries: 4 } } } } },
    ]);
    expect(document).toEqual({
      retries: { preset: "standard", operations: { resolve: { tries: 4, baseMs: 5 } } },
      longLane: true,
    });
    const layerOf = (field: string) => originOf(origins, field)?.layer;
    expect(layerOf("retries.preset")).toBe("defaults");
    expect(layerOf("retries.operations.resolve.tries")).toBe("external");
    expect(layerOf("retries.operations.resolve.baseMs")).toBe("file");
    expect(layerOf("nowhere.at.all")).toBeUndefined();
  });

  it("replace a list as a whole, with one origin", () => {
    const { document, origins } = layerConfiguration([
      { name: "file", document: { rules: [{ repositories: ["a"] }, { repositories: ["b"] }] } },
      { name: "external", document: { rules: [{ repositories: ["c"] }] } },
    ]);
    expect(document).toEqual({ rules: [{ repositories: ["c"] }] });
    expect(originOf(origins, "rules[0].repositories[0]")).toEqual({
      layer: "external",
      field: "rules[0].repositories[0]",
    });
  });

  it("replace a backfill policy as a whole, with one origin", () => {
    const { document, origins } = layerConfiguration([
      { name: "defaults", document: { reconcile: { backfill: { upToGigabytes: 100 }, graceSeconds: 60 } } },
      { name: "file", document: { reconcile: { backfill: { since: "2026-01-31" } } } },
    ]);
    expect(document).toEqual({ reconcile: { backfill: { since: "2026-01-31" }, graceSeconds: 60 } });
    expect(originOf(origins, "reconcile.backfill.since")).toEqual({ layer: "file", field: "reconcile.backfill.since" });
  });

  it("merge destinations and schedules by their names, and append those with new names", () => {
    const { document, origins } = layerConfiguration([
      {
        name: "file",
        document: {
          destinations: [
            { name: "a", prefix: "p" },
            { name: "b", prefix: "q" },
          ],
        },
      },
      { name: "external", document: { destinations: [{ name: "b", requestsPerSecond: 5 }, { name: "c" }] } },
    ]);
    expect(document).toEqual({
      destinations: [{ name: "a", prefix: "p" }, { name: "b", prefix: "q", requestsPerSecond: 5 }, { name: "c" }],
    });
    // The problem of a merged entry is found at its place in its own document.
    expect(originOf(origins, "destinations[1].requestsPerSecond")).toEqual({
      layer: "external",
      field: "destinations[0].requestsPerSecond",
    });
    expect(originOf(origins, "destinations[1].prefix")).toEqual({ layer: "file", field: "destinations[1].prefix" });
  });

  it("keep two entries of one name in one layer, for the schema to refuse", () => {
    const twice = [{ name: "a" }, { name: "a" }];
    expect(layerConfiguration([{ name: "file", document: { destinations: twice } }]).document).toEqual({
      destinations: twice,
    });
  });

  it("replace the window of a circuit as a whole: its forms exclude each other", () => {
    const circuit = (window: object) => ({ destinations: [{ name: "a", circuit: { window, minimumCalls: 10 } }] });
    const { document } = layerConfiguration([
      { name: "file", document: circuit({ seconds: 60 }) },
      { name: "external", document: circuit({ calls: 100 }) },
    ]);
    expect(document).toEqual(circuit({ calls: 100 }));
  });

  it("change no layer's own document, and nothing of JavaScript's objects", () => {
    const file = { retries: { preset: "off" } };
    const hostile: unknown = JSON.parse('{"__proto__":{"polluted":true},"retries":{"__proto__":{"polluted":true}}}');
    layerConfiguration([
      { name: "file", document: file },
      { name: "external", document: hostile },
    ]);
    expect(file).toEqual({ retries: { preset: "off" } });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

describe("the fields in which documents differ", () => {
  it("are named as the documents name them, and a list is one field", () => {
    const before = {
      a: 1,
      rules: [{ x: 1 }],
      destinations: [
        { name: "a", rate: 1 },
        { name: "b", rate: 1 },
      ],
    };
    const after = {
      a: 1,
      rules: [{ x: 2 }],
      destinations: [
        { name: "a", rate: 1 },
        { name: "b", rate: 2 },
      ],
      c: true,
    };
    expect(differingFields(before, after)).toEqual(["rules", "destinations[1].rate", "c"]);
    expect(differingFields(before, before)).toEqual([]);
  });

  it("include a list of which a named entry is gone, has moved, or has been added", () => {
    const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
    expect(differingFields({ rules: [a, b] }, { rules: [a] })).toEqual(["rules"]);
    expect(differingFields({ rules: [a, b] }, { rules: [b, a] })).toEqual(["rules"]);
    expect(differingFields({ rules: [a, b] }, { rules: [a, b, c] })).toEqual(["rules[2]"]);
  });
});
