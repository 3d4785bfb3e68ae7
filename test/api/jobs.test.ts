import assert from "node:assert/strict";
import { request } from "undici";
import * as z from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { JobRunsRecord } from "../../src/replication/jobs/job-runs.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { Plan } from "../../src/api/inspections/plan.ts";
import { Verification } from "../../src/api/inspections/verification.ts";
import { startApi } from "./api-server.ts";

const COPY = { kind: "copy-tag", repository: "team/app", tag: "v1" };
const image = (name: string) => imageOf([layer(name, 5_000)], { os: "linux", architecture: "amd64" });
const Started = z.object({ run: z.string() });
const DEFAULTS = { timeoutSeconds: 600, retries: 0, enabled: true };

describe("jobs in the HTTP API", () => {
  const parts = new AsyncDisposableStack();
  let stack: Stack;
  let origin: string;

  async function send(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body: object = {}) {
    const headers = { "content-type": "application/json" };
    const content = method === "GET" ? {} : { headers, body: JSON.stringify(body) };
    const answer = await request(`${origin}${path}`, { method, ...content });
    return [answer.statusCode, await answer.body.json()] as const;
  }

  /** Runs a job, and waits for the end of the run. */
  async function ran(name: string): Promise<string> {
    const { run } = Started.parse((await send("POST", `/api/jobs/${name}/run`))[1]);
    return eventually("the end of the run", async () => {
      const { history } = JobRunsRecord.parse((await send("GET", `/api/jobs/${name}/history`))[1]);
      return history.some(({ id }) => id === run) ? run : undefined;
    });
  }

  beforeAll(async () => {
    // No event arrives: only jobs copy.
    const quiet = { delivery: () => "never" as const, reconcileAfterMs: 3_600_000 };
    stack = parts.use(await startStack({ concurrency: 2, timeoutSeconds: 60, ...quiet }));
    const server = parts.use(await startApi(stack));
    origin = `http://${server.host}`;
    await push(stack.source, image("job"), { repository: "team/app", tag: "v1" }, NEVER);
    await push(stack.source, image("other"), { repository: "team/app", tag: "v2" }, NEVER);
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it("are added, replaced as a whole by the version that was read, listed and removed", async () => {
    const job = { name: "nightly", task: COPY, schedule: "rate(1 day)" };
    expect(await send("POST", "/api/jobs", job)).toEqual([201, { version: 1, job: { ...job, ...DEFAULTS } }]);
    expect(await send("POST", "/api/jobs", job)).toEqual([409, expect.objectContaining({ status: 409 })]);
    const other = { task: COPY, retries: 2 };
    expect(await send("PUT", "/api/jobs/nightly?version=7", other)).toMatchObject([
      409,
      { detail: expect.stringContaining("has version 1 now") },
    ]);
    expect(await send("PUT", "/api/jobs/nightly?version=1", other)).toEqual([
      200,
      { version: 2, job: { ...DEFAULTS, ...other, name: "nightly" } },
    ]);
    expect(await send("GET", "/api/jobs")).toMatchObject([200, [{ version: 2, job: { name: "nightly", retries: 2 } }]]);
    expect(await send("DELETE", "/api/jobs/nightly")).toEqual([200, { removed: "nightly" }]);
    for (const [method, path] of [
      ["GET", "/api/jobs/nightly"],
      ["PUT", "/api/jobs/nightly"],
      ["DELETE", "/api/jobs/nightly"],
      ["POST", "/api/jobs/nightly/run"],
      ["GET", "/api/jobs/nightly/history"],
    ] as const)
      expect((await send(method, path, { task: COPY }))[0]).toBe(404);
  });

  it("name the fields that are not valid, among them a host, which no job may name", async () => {
    const [status, body] = await send("POST", "/api/jobs", {
      name: "Bad Name",
      task: { ...COPY, registry: "evil.example" },
      schedule: "whenever",
    });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toMatch(/"field":"name".*"field":"task".*"field":"schedule"/);
  });

  it("run now, without the caller waiting, and remember how that ended", async () => {
    await send("POST", "/api/jobs", { name: "now", task: COPY });
    const [status, answer] = await send("POST", "/api/jobs/now/run");
    expect([status, answer]).toEqual([202, { run: expect.any(String) }]);
    const run = JSON.parse(JSON.stringify(answer)).run as string;
    await eventually("the end of the run", async () => {
      const [, runs] = await send("GET", "/api/jobs/now/history");
      return JSON.stringify(runs).includes(run) && JSON.stringify(runs).includes('"succeeded"') ? true : undefined;
    });
    await eventually("the copy", async () => {
      const [, tags] = await send("GET", "/api/tags?state=equal");
      return JSON.stringify(tags).includes("team/app:v1") ? true : undefined;
    });
    expect((await send("POST", "/api/jobs/now/cancel"))[0]).toBe(409);
  });

  it("plan what would be copied, and show the newest plan", async () => {
    expect(await send("GET", "/api/plan")).toEqual([200, { running: [] }]);
    await send("POST", "/api/jobs", { name: "plan", task: { kind: "plan" } });
    const plan = await eventually("the plan of a tag that is old enough", async () => {
      await ran("plan");
      const { finished } = Plan.parse((await send("GET", "/api/plan?job=plan"))[1]);
      return finished?.hasChanges === true ? finished : undefined;
    });
    expect(plan).toMatchObject({
      job: "plan",
      repositories: 1,
      hasChanges: true,
      isOfOtherConfiguration: false,
      interruptions: 0,
      destinations: [
        {
          destination: "local",
          totals: { copies: 1, blobs: 2, manifests: 1 },
          equal: 1,
          changes: [{ how: "put", images: 1 }],
          copies: [{ repository: "team/app", reference: "v2", as: "v2", how: "put" }],
        },
      ],
      failed: { count: 0 },
    });
    expect(plan.destinations[0]?.cost.paths[0]).toMatchObject({ path: "internet" });
    expect((await send("GET", "/api/plan?job=now"))[0]).toBe(404);
    expect((await send("GET", "/api/jobs/plan/history"))[1]).toMatchObject({
      history: expect.arrayContaining([
        expect.objectContaining({
          outcome: { kind: "succeeded", result: expect.stringMatching(/^planned 1 repository: 1 to copy/) },
        }),
      ]),
    });
  });

  it("verify copies to the last blob, and request copies of what has faults", async () => {
    const { blobs } = stack.target.catalog.open("project/repository");
    const [, lost] = image("job").blobs.map(({ descriptor }) => descriptor.digest);
    assert(lost !== undefined && blobs.delete(lost), "the target has the layer");
    await send("POST", "/api/jobs", { name: "deep", task: { kind: "verify", repair: true } });
    const verify = async () => {
      const run = await ran("deep");
      const { finished } = Verification.parse((await send("GET", "/api/verification"))[1]);
      assert(finished?.run === run, "the newest verification is that of the run");
      return finished;
    };
    const found = await verify();
    expect(found.destinations).toMatchObject([
      {
        tags: { equal: 0, differ: 2 },
        faults: expect.arrayContaining([
          {
            kind: "blob",
            count: 1,
            samples: [{ image: "team/app:v1", name: lost, problem: expect.stringMatching(/missing/) }],
          },
          { kind: "tag", count: 1, samples: [expect.objectContaining({ image: "team/app:v2" })] },
        ]),
        requested: 2,
      },
    ]);
    await eventually("the repair", () => blobs.has(lost) || undefined);
    await eventually("the copy of v2", async () =>
      JSON.stringify((await send("GET", "/api/tags?state=equal"))[1]).includes("team/app:v2") ? true : undefined,
    );
    expect(await verify()).toMatchObject({
      hasFaults: false,
      destinations: [{ tags: { equal: 2, differ: 0 }, requested: 0 }],
    });
  });
});
