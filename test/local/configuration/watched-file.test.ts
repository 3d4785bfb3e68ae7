import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAccessKey } from "../../../local/access/access-key.ts";
import { startLocalConfiguration } from "../../../local/configuration/local-configuration.ts";
import { watchFile } from "../../../local/configuration/watched-file.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { createObserved } from "../../functions/observer.ts";

const DOCUMENT: ConfigurationDocument = {
  version: 1,
  source: { account: "123456789012", region: "us-east-1" },
  destinations: [{ name: "local", kind: "generic", registry: "127.0.0.1:1", prefix: "p/r", plainHttp: true }],
  rules: [{ repositories: ["**"], destinations: ["local"] }],
};

/** A local configuration with a watched file, and what the watcher says. */
async function setUp(text: string) {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await temporaryFolder());
  const file = join(folder.path, "local.yaml");
  await writeFile(file, text);
  const key = createAccessKey();
  const configuration = await startLocalConfiguration(
    { document: DOCUMENT, directory: folder.path, key, external: text },
    starting,
  );
  // As the stack does before anything watches.
  const around = starting.move();
  const said: string[] = [];
  const ended = new AbortController();
  const options = { file, text, configuration, clock: systemClock, say: (line: string) => void said.push(line) };
  const watching = watchFile(options, ended.signal);
  around.defer(async () => {
    ended.abort();
    await watching;
  });
  const functions = configuration.feed(createObserved());
  return {
    file,
    said,
    current: () => functions.current(NEVER),
    [Symbol.asyncDispose]: () => around.disposeAsync(),
  };
}

describe("the file of npm start -- --config", () => {
  it("takes effect when it is saved, and a line says the version and which fields changed", async () => {
    await using around = await setUp("sparseIndexes: keep\n");
    expect((await around.current()).sparseIndexes).toBe("keep");
    await writeFile(around.file, "retries: { preset: patient }\n");
    const line = await eventually("the line", () => around.said.find((said) => said.includes("retries.preset")));
    const { version, retries, sparseIndexes } = await eventually("the change in a function", async () => {
      const found = await around.current();
      return found.retries.preset === "patient" ? found : undefined;
    });
    expect([retries.preset, sparseIndexes]).toEqual(["patient", "fail"]);
    expect(line).toMatch(
      /^Configuration reloaded: [0-9a-f]{12} \((?:sparseIndexes, retries\.preset|retries\.preset, sparseIndexes)\)$/,
    );
    expect(line).toContain(version);
  });

  it("is refused with line and column, and the last good configuration stays until it is corrected", async () => {
    await using around = await setUp("sparseIndexes: keep\n");
    const { version } = await around.current();
    await writeFile(around.file, "sparseIndexes: fail\nrules:\n  - repositories: [app]\n    destinatons: [local]\n");
    const line = await eventually("the refusal", () => around.said.find((said) => said.includes("refused")));
    expect(line).toContain(`Configuration refused; the last good one stays (${version})`);
    expect(line).toContain("line 4, column 18: rules[0].destinatons: unknown field; did you mean destinations?");
    expect((await around.current()).version).toBe(version);
    // As editors save: another file takes the name.
    await writeFile(`${around.file}.new`, "sparseIndexes: fail\n");
    await rename(`${around.file}.new`, around.file);
    await eventually("the correction", async () => (await around.current()).sparseIndexes === "fail" || undefined);
  });

  it("keeps its last content in force when it is removed", async () => {
    await using around = await setUp("sparseIndexes: keep\n");
    await rm(around.file);
    await eventually("the line", () => around.said.find((said) => said.includes("cannot be read")));
    expect((await around.current()).sparseIndexes).toBe("keep");
  });

  it("must be valid at the start, and cannot change what the stack is made of", async () => {
    await expect(setUp("longLane: false\n")).rejects.toThrow(
      /line 1, column 11: longLane: is what the stack is made of/,
    );
  });

  it("keeps its last content when it is emptied, and says how to go back to the deployed configuration", async () => {
    await using around = await setUp("sparseIndexes: keep\n");
    await writeFile(around.file, "");
    await eventually("the line", () => around.said.find((said) => said.includes("is empty; its last content stays")));
    expect((await around.current()).sparseIndexes).toBe("keep");
    await writeFile(around.file, "{}\n");
    await eventually("the deployed one", async () =>
      (await around.current()).sparseIndexes === "fail" ? true : undefined,
    );
  });
});
