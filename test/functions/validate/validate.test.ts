import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/validate/handler.ts";
import { loadDeployed } from "../../../src/reload/candidate.ts";
import { DEPLOYED } from "../../fixtures/reloaded-configuration.ts";
import { createObserved } from "../observer.ts";

async function setUp() {
  const observer = createObserved();
  const deployed = await loadDeployed([{ name: "file", document: DEPLOYED }]);
  const handle = createHandler({ deployed, observer });
  const validate = (text: string) =>
    handle({
      applicationId: "appl123",
      configurationProfileId: "prof123",
      configurationVersion: "3",
      content: Buffer.from(text).toString("base64"),
      uri: "hosted",
    });
  return { observer, deployed, validate };
}

describe("the validator of external documents", () => {
  it("accepts an empty document, and one that changes what may change", async () => {
    const { deployed, validate } = await setUp();
    expect(await validate("{}")).toEqual({ configuration: deployed.configuration.version });
    expect((await validate('{"sparseIndexes":"keep"}')).configuration).not.toBe(deployed.configuration.version);
  });

  it("throws with every problem and its place, so that AppConfig does not deploy the document", async () => {
    const { observer, validate } = await setUp();
    const refused = validate("longLane: false\nsource:\n  region: eu-west-1\n");
    await expect(refused).rejects.toThrow(
      /line 3, column 11: source\.region: is what .*\n.*line 1, column 11: longLane/,
    );
    expect(observer.lines).toMatchObject([
      { level: "warn", message: "Configuration refused before its deployment", fields: { hosted: "3" } },
    ]);
  });

  it("refuses an event that is not AppConfig's", async () => {
    const { deployed, observer } = await setUp();
    await expect(createHandler({ deployed, observer })({})).rejects.toThrow("content");
  });
});
