import { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";
import { describe, expect, it } from "vitest";
import { startAppConfigData } from "../../../local/emulators/appconfig-data.ts";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { createAppConfigDocument } from "../../../src/aws/appconfig/appconfig-document.ts";

const PROFILE = { application: "app1234", environment: "env1234", profile: "prof123" };
const signal = AbortSignal.timeout(600_000);

/** AppConfig with a clock that the test moves, and a client without retries. */
async function appConfig() {
  let now = 1_000_000;
  const server = await startAppConfigData({ ...PROFILE, now: () => now });
  const client = new AppConfigDataClient({ ...LOCAL_AWS, endpoint: server.endpoint, maxAttempts: 1 });
  return {
    ...server,
    client,
    document: createAppConfigDocument(client, PROFILE),
    pass: (ms: number) => void (now += ms),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.close();
    },
  };
}

describe("the external document in AppConfig", () => {
  it("is returned once, and again when another version is deployed, in one session", async () => {
    await using service = await appConfig();
    const { document, pass, counts } = service;
    expect(await document.poll(signal)).toEqual({ document: { text: "{}" }, nextMs: 30_000 });
    pass(30_000);
    expect(await document.poll(signal)).toEqual({ nextMs: 30_000 });
    service.deploy({ content: "sparseIndexes: keep", label: "v2" });
    pass(30_000);
    expect(await document.poll(signal)).toEqual({
      document: { text: "sparseIndexes: keep", label: "v2" },
      nextMs: 30_000,
    });
    expect(counts).toEqual({ sessions: 1, polls: 3 });
  });

  it("begins a new session after a refusal: before the interval has passed, and with an expired token", async () => {
    await using service = await appConfig();
    const { document, pass, counts } = service;
    await document.poll(signal);
    await expect(document.poll(signal)).rejects.toMatchObject({
      name: "BadRequestException",
      Details: { InvalidParameters: { ConfigurationToken: { Problem: "PollIntervalNotSatisfied" } } },
    });
    expect((await document.poll(signal)).document?.text).toBe("{}");
    pass(86_400_001);
    await expect(document.poll(signal)).rejects.toMatchObject({
      Details: { InvalidParameters: { ConfigurationToken: { Problem: "Expired" } } },
    });
    expect((await document.poll(signal)).document?.text).toBe("{}");
    expect(counts.sessions).toBe(3);
  });

  it("is refused by name when the profile does not exist, and rejects with the signal's own reason", async () => {
    await using service = await appConfig();
    const other = createAppConfigDocument(service.client, { ...PROFILE, profile: "other" });
    await expect(other.poll(signal)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const over = new Error("over");
    await expect(service.document.poll(AbortSignal.abort(over))).rejects.toBe(over);
  });
});
