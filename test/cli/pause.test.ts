import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { request } from "undici";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { startApi } from "../api/api-server.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { runCommand } from "../fixtures/processes/run-command.ts";

const AMD64 = { os: "linux", architecture: "amd64" };

describe("a paused destination", () => {
  const parts = new AsyncDisposableStack();
  let stack: Stack;
  const freightliner = (...args: string[]) => runCommand([...args, "--local", stack.lambdaEndpoint], {});
  const pushTag = (tag: string): Promise<void> =>
    push(stack.source, imageOf([layer(tag, 2_000)], AMD64), { repository: "team/app", tag }, NEVER);
  const stateOf = async (tag: string): Promise<string> =>
    (await freightliner("status", "--tag", `local/project/repository/team/app:${tag}`)).stdout;
  const intake = async (): Promise<string> => (await freightliner("status")).stdout;

  beforeAll(async () => {
    stack = parts.use(await startStack({ concurrency: 2, timeoutSeconds: 30, reconcileAfterMs: 3_600_000 }));
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it("copies nothing, loses nothing, and goes on when it is resumed", async () => {
    const paused = await freightliner("pause", "local");
    expect([paused.code, paused.stdout]).toEqual([0, expect.stringContaining("pushes wait in the queues")]);
    expect((await freightliner("pause", "local")).stdout).toBe("local is paused already\n");
    expect(await stack.probe()).toEqual({ kind: "returned", value: { local: "hold" } });
    expect(await stack.probe()).toEqual({ kind: "returned", value: { local: "held" } });
    expect(await intake()).toMatch(/paused by /);
    // Pollers that wait for messages take one more each.
    let pushes = 0;
    const waiting = await eventually("a push that waits", async () => {
      await pushTag(`v${++pushes}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { visible, inFlight } = stack.depth("live");
      return visible > 0 && inFlight === 0 ? `v${pushes}` : undefined;
    });
    expect(await stateOf(waiting)).not.toContain("equal");
    const resumed = await freightliner("resume", "local");
    expect([resumed.code, resumed.stdout]).toEqual([0, expect.stringContaining("begin within a minute")]);
    expect(await stack.probe()).toEqual({ kind: "returned", value: { local: "admit" } });
    await eventually("the tag", async () => ((await stateOf(waiting)).includes(": equal,") ? true : undefined));
    expect((await freightliner("resume", "local")).stdout).toContain("no one has paused local");
  }, 600_000);

  it("is another thing than a repository, whose pushes wait without messages, and the others go on", async () => {
    const repository = "team/app";
    const hold = (verb: string) => freightliner(verb, "--repository", repository);
    // The pushes of the test before end first: they would count as waiting, too.
    await eventually("the earlier pushes", async () => {
      await stack.probe();
      return (await freightliner("status")).stdout.includes("tags: 0 copying, 0 waiting") || undefined;
    });
    expect((await hold("pause")).stdout).toContain("no copy of team/app begins any more");
    expect((await hold("pause")).stdout).toBe("team/app is paused already\n");
    const isReplicated = async (image: string): Promise<boolean> =>
      (await freightliner("status", image)).stdout.includes("REPLICATED");
    // A container trusts what it knows of pauses for five seconds, and so may copy the first pushes.
    let pushes = 0;
    const held = await eventually("a push that waits", async () => {
      const [waiting, free] = [`held${++pushes}`, `free${pushes}`];
      await pushTag(waiting);
      const other = imageOf([layer(free, 2_000)], AMD64);
      await push(stack.source, other, { repository: "team/web", tag: free }, NEVER);
      await eventually("the other repository", async () => (await isReplicated(`team/web:${free}`)) || undefined);
      await eventually("empty queues", () => {
        const { visible, inFlight } = stack.depth("live");
        return visible + inFlight === 0 || undefined;
      });
      return (await isReplicated(`team/app:${waiting}`)) ? undefined : `team/app:${waiting}`;
    });
    expect((await freightliner("status", held)).stdout).toContain("PENDING");
    expect((await freightliner("status")).stdout).toMatch(/repository team\/app: paused by .* for .*; 1 push waits/);
    expect((await hold("resume")).stdout).toContain("are requested within a minute");
    await eventually("the tag", async () => {
      await stack.probe();
      return (await isReplicated(held)) || undefined;
    });
    expect((await hold("resume")).stdout).toContain("no one has paused team/app");
    expect((await freightliner("status")).stdout).not.toContain("repository team/app");
    expect((await freightliner("pause", "local", "--repository", repository)).code).toBe(2);
    expect((await freightliner("pause")).stderr).toContain("name either a destination, or a repository");
  }, 600_000);

  it("is one that there is", async () => {
    const { code, stderr } = await freightliner("pause", "nowhere");
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no destination "nowhere"; there are local')]);
  });

  it("looks the same through the API at its address, in every command about a stack", async () => {
    await using server = await startApi(stack);
    const both = async (...args: string[]) => {
      const direct = await freightliner(...args);
      const through = await runCommand([...args, "--api", `http://${server.host}`], {});
      // An age may be another one a moment later.
      const steady = ({ code, stdout, stderr }: typeof direct) =>
        [code, stdout.replaceAll(/[\d.]+ (?:ms|s|min|h)\b/g, "T"), stderr] as const;
      expect(steady(through)).toEqual(steady(direct));
      return direct;
    };
    const key = "local/project/repository/team/app:v1";
    expect((await both("status", "team/app:v1")).stdout).toContain("REPLICATED");
    expect((await both("status", "--tag", key)).stdout).toMatch(/: equal, sha256:/);
    expect((await both("status", "--tag", `${key}0000`)).code).toBe(3);
    expect((await both("slo")).stdout).toContain("recounted from the receipts");
    expect((await both("deletes")).stdout).toBe("no tag is to be deleted\n");
    expect((await both("redrive", "--go")).stdout).toBe("there are no dead letters\n");
    expect((await both("jobs", "list")).stdout).toBe("there are no jobs\n");
    expect((await both("jobs", "show", "none")).code).toBe(3);
    const status = await runCommand(["status", "--api", `http://${server.host}`], {});
    expect(status.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+: \d+ tags, \d+ equal at their destinations$/m);
    const doctor = await runCommand(["doctor", "--api", `http://${server.host}`], {});
    expect(doctor.stdout).toContain("ok    copy function: writes to local");
  });

  it("is paused and resumed by the HTTP API, too, which says when there is nothing to do", async () => {
    await using server = await startApi(stack);
    const post = async (path: string, sent: object = {}): Promise<number> => {
      const headers = { "content-type": "application/json" };
      const { statusCode, body } = await request(`http://${server.host}${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(sent),
      });
      await body.dump();
      return statusCode;
    };
    const all = [];
    for (const path of ["local/pause", "local/pause", "local/resume", "local/resume", "nowhere/pause"])
      all.push(await post(`/api/destinations/${path}`));
    expect(all).toEqual([202, 409, 202, 409, 404]);
    const repositories = [];
    for (const verb of ["pause", "pause", "resume", "resume"])
      repositories.push(await post(`/api/repositories/${verb}`, { repository: "team/app" }));
    expect(repositories).toEqual([202, 409, 202, 409]);
    expect(await post("/api/repositories/pause", { repository: "Team" })).toBe(422);
    expect(await post("/api/tag/cancel", { key: "local/none:v1" })).toBe(404);
    expect(await post("/api/tag/cancel", { key: "local/project/repository/team/app:v1" })).toBe(409);
  });
});
