import { Ajv2020 } from "ajv/dist/2020.js";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { startApi } from "./api-server.ts";

const image = imageOf([layer("api", 10_000)], { os: "linux", architecture: "amd64" });
const KEY = "local/project/repository/team/app:v1";

const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        responses: z.record(
          z.string(),
          z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })).optional() }),
        ),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

describe("the HTTP API of a running stack", () => {
  const parts = new AsyncDisposableStack();
  const logged: string[] = [];
  let stack: Stack;
  let origin: string;
  let document: z.infer<typeof Document>;

  async function send(path: string, options: Parameters<typeof request>[1] = {}) {
    const { statusCode, headers, body } = await request(`${origin}${path}`, options);
    const text = await body.text();
    const type = String(headers["content-type"]);
    return { status: statusCode, headers, type, body: /json/.test(type) ? (JSON.parse(text) as unknown) : text };
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  beforeAll(async () => {
    stack = parts.use(
      await startStack({
        onLog: (name, line) => name === "api" && logged.push(line),
        concurrency: 2,
        timeoutSeconds: 60,
      }),
    );
    const server = parts.use(await startApi(stack));
    origin = `http://${server.host}`;
    await push(stack.source, image, { repository: "team/app", tag: "v1" }, NEVER);
    await eventually("the tag is replicated", async () =>
      (await send(`/api/tag?key=${KEY}`)).status === 200 &&
      JSON.stringify((await send(`/api/tag?key=${KEY}`)).body).includes('"equal"')
        ? true
        : undefined,
    );
    document = Document.parse((await send("/openapi.json")).body);
  });
  afterAll(() => parts.disposeAsync());

  it("answers as its OpenAPI document says, at each path", async () => {
    const ajv = new Ajv2020({ strict: false, schemas: [{ $id: "api:", components: document.components }] });
    const wanted: Readonly<Record<string, string>> = {
      "/api/destinations/{name}": "/api/destinations/local",
      "/api/tag": `/api/tag?key=${KEY}`,
      "/api/chains/{name}": "/api/chains/local",
      "/api/receipts": `/api/receipts?key=${KEY}`,
      "/api/contents": `/api/contents?key=${KEY}`,
      "/api/image": "/api/image?repository=team/app&reference=v1",
      "/api/explain": "/api/explain?repository=team/app&reference=v1",
    };
    const paths = Object.entries(document.paths).filter(([, methods]) => "get" in methods);
    expect(paths.length).toBeGreaterThan(12);
    for (const [path, methods] of paths) {
      const { status, type, body } = await send(wanted[path] ?? path);
      const described = methods["get"]?.responses[String(status)]?.content ?? {};
      const [name, content] = Object.entries(described)[0] ?? [];
      expect({ path, type: type.split(";")[0] }).toEqual({ path, type: name });
      const schema = JSON.parse(JSON.stringify(content?.schema).replaceAll('"#/', '"api:#/')) as object;
      expect({ path, errors: ajv.validate(schema, body) ? [] : ajv.errors }).toEqual({ path, errors: [] });
    }
  });

  it("knows what the image of a tag consists of", async () => {
    const { status, body } = await send(`/api/contents?key=${KEY}`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        manifests: [
          { depth: 0, blobs: [{ mediaType: expect.stringMatching(/config/) }, { size: expect.any(Number) }] },
        ],
        attached: [],
        tags: [],
      },
    });
    expect((await send("/api/contents?key=local/no:tag")).status).toBe(404);
  });

  it("finds tags by a part of their names, a page at a time", async () => {
    for (const tag of ["v2", "v3", "other"]) await push(stack.source, image, { repository: "team/app", tag }, NEVER);
    const Page = z.object({ tags: z.array(z.object({ key: z.string() })), cursor: z.string().optional() });
    await eventually("all tags have records", async () => {
      const { tags } = Page.parse((await send("/api/tags?search=TEAM/app:")).body);
      return tags.length === 4 ? true : undefined;
    });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const from = cursor === undefined ? "" : `&cursor=${cursor}`;
      const page = Page.parse((await send(`/api/tags?search=:v&destination=local&limit=1${from}`)).body);
      expect(page.tags.length).toBeLessThanOrEqual(1);
      found.push(...page.tags.map(({ key }) => key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found.map((key) => key.slice(key.lastIndexOf(":"))).toSorted()).toEqual([":v1", ":v2", ":v3"]);
    expect(Page.parse((await send("/api/tags?destination=elsewhere")).body).tags).toEqual([]);
  });

  it("recounts the pushes of the last hour from the receipts, with their bytes", async () => {
    const Counts = z.object({
      arrived: z.array(z.number()),
      pending: z.array(z.number()),
      bytesSent: z.array(z.number()),
    });
    const Answer = z.object({ destinations: z.tuple([Counts]) });
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    await eventually("all pushes have ended", async () => {
      const [local] = Answer.parse((await send("/api/series?period=1h")).body).destinations;
      // Four tags name one image.
      return sum(local.arrived) === 4 && sum(local.bytesSent) > 10_000 && local.pending.at(-1) === 0 ? true : undefined;
    });
  });

  it.each([
    [
      "names the fields that are not valid",
      "/api/tags?limit=0&state=gone",
      {},
      422,
      /"field":"limit".*"field":"state"/,
    ],
    [
      "says that there is no such thing",
      "/api/tag?key=local/nothing:v1",
      {},
      404,
      /there is no record of local\/nothing:v1/,
    ],
    ["says that there is no such path", "/api/nothing", {}, 404, /\/openapi\.json lists them/],
    ["names the methods of a path", "/api/tags", { method: "DELETE" }, 405, /send GET or HEAD/],
    ["refuses a method that no request may have", "/api/tags", { method: "TRACE" }, 405, /^""$/],
    ["takes JSON only", "/api/dead-letters/redrive", { method: "POST", body: "{}" }, 415, /send application\/json/],
  ] as const)("%s", async (_what, path, options, status, text) => {
    const answer = await send(path, options);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringMatching(text)]);
  });

  it.each([
    ["is not JSON", "{", 400],
    ["has a field of another type", { classes: "all" }, 422],
    ["has a glob that cannot be read", { repositories: ["{a,b"] }, 422],
    ["is too large", { reasons: ["x".repeat(100_000)] }, 413],
  ])("refuses a body that %s, and says so without a library's words", async (_what, body, status) => {
    const answer = await post("/api/dead-letters/redrive", body);
    expect([answer.status, answer.type]).toEqual([status, "application/problem+json"]);
    expect(JSON.stringify(answer.body)).not.toMatch(/zod|stack|SyntaxError|node_modules/i);
  });

  it("writes into its log who asked for a change, and nothing about requests that only read", async () => {
    await send("/api/status");
    expect((await post("/api/dead-letters/redrive", { classes: ["unknown"] })).status).toBe(200);
    const line =
      /"caller":"arn:aws:iam::\d+:user\/local".*"method":"POST","path":"\/api\/dead-letters\/redrive","status":200/;
    const audits = (): string[] => logged.filter((each) => each.includes("may change something"));
    // The log of a function arrives a moment after its answer.
    await eventually("its line", () => (audits().some((each) => line.test(each)) ? true : undefined));
    expect(audits().filter((each) => each.includes('"method":"GET"'))).toEqual([]);
  });

  it("denies pages of other origins", async () => {
    expect((await send("/api/status", { headers: { origin: "https://evil.example" } })).status).toBe(403);
    expect((await send("/api/status")).headers["access-control-allow-origin"]).toBeUndefined();
  });
});
