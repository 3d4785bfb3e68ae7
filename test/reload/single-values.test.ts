import { describe, expect, it } from "vitest";
import { FUNCTION_VARIABLES } from "../../src/contract/stack/environment.ts";
import { loadCandidate, loadDeployed } from "../../src/reload/candidate.ts";
import { environmentDocument, flagsDocument, singleValues } from "../../src/reload/single-values.ts";

const NAMES = ["gar", "far-away"];
const FILE = {
  version: 1,
  source: { account: "123456789012", region: "us-east-1" },
  destinations: NAMES.map((name) => ({ name, kind: "generic", registry: `${name}.example.com`, prefix: "p" })),
  rules: [{ repositories: ["app"], destinations: NAMES }],
  retries: { preset: "off" },
};

describe("single values", () => {
  it("have variables that are derived from their fields", () => {
    const variables = singleValues(NAMES).map(({ name, variable }) => `${name} ${variable}`);
    expect(variables).toEqual(
      expect.arrayContaining([
        "sparseIndexes FREIGHTLINER_SPARSE_INDEXES",
        "retries.preset FREIGHTLINER_RETRIES_PRESET",
        "retries.operations.put-blob.baseMs FREIGHTLINER_RETRIES_OPERATIONS_PUT_BLOB_BASE_MS",
        "reconcile.everyMinutes FREIGHTLINER_RECONCILE_EVERY_MINUTES",
        "destinations.far-away.requestsPerSecond FREIGHTLINER_DESTINATIONS_FAR_AWAY_REQUESTS_PER_SECOND",
        "destinations.gar.circuit.window.calls FREIGHTLINER_DESTINATIONS_GAR_CIRCUIT_WINDOW_CALLS",
      ]),
    );
    expect(variables.join("\n")).not.toMatch(/source|longLane|prefix|schedules|stack/);
  });

  it("have names that no other value and no variable of the functions has", () => {
    const names = singleValues(["a", "a-circuit", "a-circuit-window"]).map(({ variable }) => variable);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => FUNCTION_VARIABLES.includes(name))).toEqual([]);
  });

  it("override every other layer in the order flags, then environment", async () => {
    const environment = environmentDocument(
      {
        FREIGHTLINER_RETRIES_PRESET: "patient",
        FREIGHTLINER_DESTINATIONS_FAR_AWAY_REQUESTS_PER_SECOND: "9",
        HOME: "/",
      },
      NAMES,
      FUNCTION_VARIABLES,
    );
    const flags = flagsDocument(
      ["retries.preset=standard", "sparseIndexes=keep", "destinations.gar.circuit.window.calls=50"],
      NAMES,
    );
    const deployed = await loadDeployed([
      { name: "file", document: FILE },
      { name: "environment", document: environment },
      { name: "flags", document: flags },
    ]);
    const { configuration } = await loadCandidate("{ retries: { preset: off }, sparseIndexes: fail }", deployed);
    expect(configuration.retries.preset).toBe("patient");
    expect(configuration.sparseIndexes).toBe("keep");
    const [gar, far] = configuration.destinations;
    expect([gar?.circuit.window, gar?.requestsPerSecond, far?.requestsPerSecond]).toEqual([{ calls: 50 }, 250, 9]);
  });

  it.each([
    [
      () => environmentDocument({ FREIGHTLINER_RETRIES_PRESSET: "off" }, NAMES, FUNCTION_VARIABLES),
      /FREIGHTLINER_RETRIES_PRESSET: names no field .*did you mean FREIGHTLINER_RETRIES_PRESET\?/,
    ],
    [() => flagsDocument(["longLane=false"], NAMES), /longLane: names no field with a single value that may change/],
    [
      () => flagsDocument(["destinations.gr.requestsPerSecond=5"], NAMES),
      /did you mean destinations\.gar\.requestsPerSecond\?/,
    ],
  ])("are refused when they name nothing", (read, problem) => {
    expect(read).toThrow(problem);
  });

  it("keep a text that is no number, so that the schema refuses it by its field", async () => {
    const document = environmentDocument({ FREIGHTLINER_RECONCILE_EVERY_MINUTES: "often" }, NAMES, FUNCTION_VARIABLES);
    const loading = loadDeployed([
      { name: "file", document: FILE },
      { name: "environment", document },
    ]);
    await expect(loading).rejects.toThrow(/reconcile\.everyMinutes: /);
  });
});
