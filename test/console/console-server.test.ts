import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConsole } from "../../local/console/open-console.ts";
import { filesOf } from "./files-of.ts";

describe("the console's server", () => {
  const parts = new AsyncDisposableStack();
  const asked: unknown[] = [];
  let host: string;

  const get = (path: string, headers: Record<string, string> = {}, method: "GET" | "POST" = "GET") =>
    request(`http://${host}${path}`, { method, headers });

  beforeAll(async () => {
    const invoke = (event: unknown) => {
      asked.push(event);
      return Promise.resolve({ kind: "returned", value: { statusCode: 200, body: "{}" } } as const);
    };
    const api = { invoke, killAll: () => Promise.resolve(), close: () => Promise.resolve() };
    ({ host } = parts.use(await openConsole({ api }, { pagePort: undefined })));
  }, 120_000);
  afterAll(() => parts.disposeAsync());

  it("serves its files, which may load nothing from elsewhere and run nothing inline", async () => {
    const { headers, body } = await get("/");
    const page = await body.text();
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    const files = filesOf(page);
    expect(files.length).toBeGreaterThan(1);
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|style=|onclick=|http:|https:/);
    for (const file of files) {
      const { statusCode, headers: sent, body: content } = await get(`/${file}`);
      expect([statusCode, sent["x-content-type-options"]]).toEqual([200, "nosniff"]);
      expect(await content.text()).not.toMatch(/innerHTML\s*=\s*[^=\s]*\bkey\b|eval\(|document\.write/);
    }
  });

  it("refuses requests for another host name, and every method but GET", async () => {
    const answers = [
      await get("/", { host: "evil.test" }),
      await get("/api/status", { host: "127.0.0.1.evil.test" }),
      await get("/api/dead-letters/redrive", { origin: "http://evil.test" }, "POST"),
      await get("/", {}, "POST"),
      await get("/../package.json"),
    ];
    for (const { body } of answers) await body.dump();
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 405, 404]);
    expect(asked).toEqual([]);
  });

  it("passes requests for the API on to its function, in the name of a user of this machine", async () => {
    expect((await get("/api/status?x=1")).statusCode).toBe(200);
    expect(asked).toEqual([
      expect.objectContaining({
        rawPath: "/api/status",
        rawQueryString: "x=1",
        requestContext: expect.objectContaining({
          authorizer: { iam: { userArn: expect.stringMatching(/^arn:aws:iam::\d+:user\/local$/) } },
        }),
      }),
    ]);
  });
});
