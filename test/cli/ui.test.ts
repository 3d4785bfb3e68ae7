import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { buildConsoleOnce } from "../../console/build.ts";
import { startStack } from "../../local/stack/stack.ts";
import { EXAMPLE } from "../infra/template.ts";
import { eventually } from "../fixtures/eventually.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

describe("freightliner ui", () => {
  it("serves the console and the API of a stack on this machine, until it is interrupted", async () => {
    await buildConsoleOnce(resolve("dist/console"));
    await using folder = await temporaryFolder();
    const config = join(folder.path, "freightliner.json");
    await writeFile(config, JSON.stringify(EXAMPLE));
    await using stack = await startStack({ concurrency: 1, timeoutSeconds: 30, reconcileAfterMs: 3_600_000 });
    const args = ["freightliner.mjs", "ui", "--local", stack.lambdaEndpoint, "--config", config];
    const serving = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await using _serving = { [Symbol.asyncDispose]: () => Promise.resolve(void serving.kill("SIGKILL")) };
    let said = "";
    serving.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const origin = await eventually("its address", () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]);
    const send = async (path: string, options: Parameters<typeof request>[1] = {}) => {
      const { statusCode, body } = await request(`${origin}${path}`, options);
      return [statusCode, await body.text()] as const;
    };
    expect(await send("/")).toEqual([200, expect.stringContaining("<title>Freightliner</title>")]);
    expect(await send("/api/status")).toEqual([200, expect.stringContaining('"deadLetters":0')]);
    expect(await send("/api/rules")).toEqual([200, expect.stringContaining('"name":"rule 1"')]);
    const json = { "content-type": "application/json" };
    const redrive = "/api/dead-letters/redrive";
    expect((await send(redrive, { method: "POST", headers: json, body: "{}" }))[0]).toBe(200);
    expect((await send(redrive, { method: "POST", headers: json, body: "x".repeat(200_000) }))[0]).toBe(413);
    expect((await send(redrive, { method: "POST", headers: { ...json, origin: "http://evil.test" } }))[0]).toBe(403);
    await eventually("who did what", () => (said.includes(`POST ${redrive}: 200`) ? true : undefined));
    serving.kill("SIGINT");
    expect(await once(serving, "exit")).toEqual([130, null]);
  }, 600_000);

  it("names a port that no server can have", async () => {
    const serving = spawn(process.execPath, ["freightliner.mjs", "ui", "--port", "99999"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let problem = "";
    serving.stderr.on("data", (chunk: Buffer) => (problem += chunk.toString()));
    expect(await once(serving, "exit")).toEqual([2, null]);
    expect(problem).toContain("It takes a whole number from 0 to 65535.");
  });
});
