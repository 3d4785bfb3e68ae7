import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { buildConsoleOnce } from "../../console/build.ts";
import { startStack } from "../../local/stack/stack.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { EXAMPLE } from "../infra/template.ts";
import { eventually } from "../fixtures/eventually.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

/** A running `freightliner ui`. */
function startUi(args: readonly string[]) {
  const child = spawn(process.execPath, ["freightliner.mjs", "ui", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return {
    child,
    said: () => said,
    origin: () => eventually("its address", () => /http:\/\/127\.0\.0\.1:\d+(?=\/$)/m.exec(said)?.[0]),
    [Symbol.asyncDispose]: () => Promise.resolve(void child.kill("SIGKILL")),
  };
}

describe("freightliner ui", () => {
  it("serves the console and the API of a stack on this machine, until it is interrupted", async () => {
    await buildConsoleOnce(resolve("dist/console"));
    await using folder = await temporaryFolder();
    const config = join(folder.path, "freightliner.json");
    await writeFile(config, JSON.stringify(EXAMPLE));
    await using stack = await startStack({ concurrency: 1, timeoutSeconds: 30, reconcileAfterMs: 3_600_000 });
    await using serving = startUi(["--local", stack.lambdaEndpoint, "--config", config]);
    const origin = await serving.origin();
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
    await eventually("who did what", () => (serving.said().includes(`POST ${redrive}: 200`) ? true : undefined));
    serving.child.kill("SIGINT");
    expect(await once(serving.child, "exit")).toEqual([130, null]);
  }, 600_000);

  it("serves the console before an API at its address, and passes on nothing that a web page could send unasked", async () => {
    await buildConsoleOnce(resolve("dist/console"));
    const got: string[] = [];
    const api = await startHttpServer(async (asked, answer) => {
      const body = await text(asked);
      got.push(`${asked.method} ${asked.url} ${asked.headers["content-type"] ?? "-"} ${body}`);
      const status = asked.method === "POST" && body === "" ? 415 : 200;
      answer.writeHead(status, { "content-type": "application/json", "x-request-id": "r-1" }).end('{"is":"theirs"}');
    });
    await using _api = { [Symbol.asyncDispose]: () => api.close() };
    await using serving = startUi(["--api", `http://${api.host}`]);
    const origin = await serving.origin();
    const send = (path: string, options: Parameters<typeof request>[1] = {}) => request(`${origin}${path}`, options);
    expect((await send("/")).statusCode).toBe(200);
    const answer = await send("/api/tags?search=a%20b&limit=5");
    expect([answer.statusCode, answer.headers["x-request-id"], await answer.body.text()]).toEqual([
      200,
      "r-1",
      '{"is":"theirs"}',
    ]);
    const json = { "content-type": "application/json" };
    expect((await send("/api/checks", { method: "POST", headers: json, body: "{}" })).statusCode).toBe(200);
    const plain = { "content-type": "text/plain" };
    expect((await send("/api/checks", { method: "POST", headers: plain, body: "{}" })).statusCode).toBe(415);
    expect((await send("/api/checks", { method: "PATCH", headers: json, body: "{}" })).statusCode).toBe(405);
    expect(got).toEqual([
      expect.stringMatching(/^GET \/api\/tags\?search=a(?:\+|%20)b&limit=5 - $/),
      "POST /api/checks? application/json {}",
      "POST /api/checks? - ",
    ]);
    await api.close();
    const dead = await send("/api/status");
    expect([dead.statusCode, await dead.body.text()]).toEqual([502, expect.stringContaining("does not answer")]);
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
