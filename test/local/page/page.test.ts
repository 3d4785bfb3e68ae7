import { readFileSync } from "node:fs";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { createPoller } from "../../../local/page/poller.ts";
import { openStatusPage } from "../../../local/page/status-page.ts";
import { startPage } from "../../../local/page/page-server.ts";
import { imageOf, layer } from "../../../local/images/image-content.ts";
import { startStack } from "../../../local/stack/stack.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { push } from "../../fixtures/images/push.ts";

function counting(fails: (count: number) => boolean = () => false) {
  const problems: unknown[] = [];
  let count = 0;
  const looks = createPoller({
    everyMs: 5,
    onProblem: (error) => problems.push(error),
    poll: () => (fails(++count) ? Promise.reject(new Error(`look ${count}`)) : Promise.resolve(count)),
  });
  return { looks, problems, count: () => count };
}

describe("looks at something", () => {
  it("poll only while there are subscribers, once for all of them", async () => {
    const { looks, count } = counting();
    await using _looks = looks;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(count()).toBe(0);
    const first: number[] = [];
    const second: number[] = [];
    const ends = [looks.subscribe((look) => first.push(look)), looks.subscribe((look) => second.push(look))];
    await eventually("three looks", () => second.at(2));
    expect(second).toEqual(first);
    for (const end of ends) end();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const seen = count();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(count()).toBe(seen);
  });

  it("begin with the last one there is for who comes later", async () => {
    const { looks } = counting();
    await using _looks = looks;
    const early: number[] = [];
    looks.subscribe((look) => early.push(look));
    await eventually("a look", () => early.at(0));
    const late: number[] = [];
    looks.subscribe((look) => late.push(look));
    expect(late).toEqual([early.at(-1)]);
  });

  it("continue after one has failed, and report the failure", async () => {
    const { looks, problems } = counting((count) => count === 1);
    await using _looks = looks;
    const seen: number[] = [];
    looks.subscribe((look) => seen.push(look));
    await eventually("the second look", () => seen.at(0));
    expect(problems).toEqual([new Error("look 1")]);
  });
});

describe("the live page", () => {
  const open = async () => {
    const { looks, count } = counting();
    const server = await startPage(looks, { invoke: () => Promise.resolve({ kind: "timed-out" }) });
    const get = (path: string, headers: Record<string, string> = {}, method: "GET" | "POST" = "GET") =>
      request(`http://${server.host}${path}`, { method, headers });
    return {
      count,
      get,
      async [Symbol.asyncDispose]() {
        await server.close();
        await looks[Symbol.asyncDispose]();
      },
    };
  };

  it.each([
    ["/", "text/html", "<title>Freightliner</title>"],
    ["/page.css", "text/css", "body"],
    ["/page.js", "text/javascript", "EventSource"],
  ])("serves %s, which may load nothing from elsewhere", async (path, type, text) => {
    await using page = await open();
    const { statusCode, headers, body } = await page.get(path);
    expect([statusCode, headers["content-type"]]).toEqual([200, expect.stringContaining(type)]);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(await body.text()).toContain(text);
  });

  it("refuses requests for another host name, and every method but GET", async () => {
    await using page = await open();
    const answers = [
      await page.get("/", { host: "evil.test" }),
      await page.get("/looks", { host: "127.0.0.1.evil.test" }),
      await page.get("/", {}, "POST"),
      await page.get("/../package.json"),
    ];
    for (const { body } of answers) await body.dump();
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 405, 404]);
    expect(page.count()).toBe(0);
  });

  it("streams each look, and looks no more when the reader is gone", async () => {
    await using page = await open();
    const { headers, body } = await page.get("/looks");
    expect(headers["content-type"]).toBe("text/event-stream");
    let text = "";
    for await (const chunk of body) {
      text += String(chunk);
      if (text.includes("data: 3\n\n")) break;
    }
    expect(text).toContain("data: 1\n\ndata: 2\n\n");
    await eventually("the last look", async () => {
      const seen = page.count();
      await new Promise((resolve) => setTimeout(resolve, 30));
      return page.count() === seen ? true : undefined;
    });
  });

  it("makes text of what others have named, never markup", () => {
    expect(readFileSync("local/page/page.js", "utf8")).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/,
    );
  });

  it("shows a running stack: what arrived, and what it is", async () => {
    await using stack = await startStack({ concurrency: 2, timeoutSeconds: 30, reconcileAfterMs: 3_600_000 });
    await using page = await openStatusPage(stack, { pagePort: undefined }, { say: () => undefined });
    const image = imageOf([layer("shown", 10_000)], { os: "linux", architecture: "amd64" });
    await push(stack.source, image, { repository: "app", tag: "v1" }, AbortSignal.timeout(600_000));
    const { body } = await request(`http://${page.host}/looks`);
    let text = "";
    for await (const chunk of body) {
      text += String(chunk);
      if (text.includes(image.root.descriptor.digest)) break;
    }
    const look = JSON.parse(text.slice(text.lastIndexOf("data: ") + 6).trim());
    expect(look).toMatchObject({
      tags: { all: 1, equal: 1 },
      arrived: [{ key: "local/project/repository/app:v1", digest: image.root.descriptor.digest }],
      destinations: [{ name: "local", circuit: { state: "closed" } }],
    });
    expect(text).not.toContain(stack.source.password);
  }, 600_000);
});
