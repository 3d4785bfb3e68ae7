import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { listedTag } from "../../src/replication/state/tag-status.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { startStack } from "../../local/stack/stack.ts";
import { pass, startFaultProxy } from "../fixtures/servers/fault-proxy.ts";
import type { Spoil } from "../fixtures/servers/fault-proxy.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { runCommand } from "../fixtures/processes/run-command.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

const signal = AbortSignal.timeout(600_000);

describe("freightliner watch", () => {
  it("shows running copies, their progress and that of their blobs, then that they are done, until it is interrupted", async () => {
    await using folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    const registry = await startRegistry({ directory: folder.path, files, profile: specificationProfile });
    const [released, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = [released, cancelled];
    const spoil: Spoil = {
      hits: ({ method, url, headers }) =>
        method === "PUT" && url?.includes("/blobs/uploads/") === true && Number(headers["content-length"]) > 100_000,
      times: 2,
      act: async (passing) => {
        await held.shift()?.promise;
        await pass(passing);
      },
    };
    await using proxy = await startFaultProxy(registry.host, spoil, Math.random);
    await using stack = await startStack({
      concurrency: 2,
      timeoutSeconds: 30,
      leaseSeconds: 4,
      target: { registry: proxy.host, prefix: "mirror" },
    });
    const image = imageOf([layer("watched", 1_000_000)], { os: "linux", architecture: "amd64" });
    await push(stack.source, image, { repository: "app", tag: "v1" }, signal);
    const args = ["freightliner.mjs", "watch", "--local", stack.lambdaEndpoint, "--every", "1"];
    const watching = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let shown = "";
    watching.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    const line =
      /local\/mirror\/app:v1 {2}\[[#.]{20}\] [\d.]+ k?M?B of [\d.]+ MB, 1\/2 blobs, for [\d.]+ s\n {4}[\da-f]{12} {2}\[[#.]{20}\] [\d.]+ k?M?B of [\d.]+ MB\n/;
    await eventually("a copy that sends its last blob", () => (line.test(shown) ? true : undefined));
    released.resolve();
    await eventually("its end", () => (shown.includes("0 copying, 0 waiting, 1 equal") ? true : undefined));
    const next = imageOf([layer("cancelled", 1_000_000)], { os: "linux", architecture: "amd64" });
    await push(stack.source, next, { repository: "app", tag: "v2" }, signal);
    await eventually("the next copy", () => (shown.includes("local/mirror/app:v2") ? true : undefined));
    const key = "local/mirror/app:v2";
    const command = (...given: string[]) => runCommand([...given, "--local", stack.lambdaEndpoint], {});
    expect((await command("cancel", key)).stdout).toContain("ends within 15 seconds");
    await eventually("its end", () =>
      shown.includes("0 waiting, 1 equal, 0 failed, 0 skipped, 1 cancelled") ? true : undefined,
    );
    expect((await command("status", "--tag", key)).stdout).toMatch(
      /: cancelled, never replicated\n.*skipped: cancelled.*\n +cancelled by /,
    );
    expect((await command("status")).stdout).toMatch(/cancelled +local\/mirror\/app:v2 .* cancelled by /);
    expect((await command("status", "app:v2")).stdout).toContain("CANCELLED");
    expect(await command("cancel", key)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("nothing to cancel"),
    });
    cancelled.resolve();
    watching.kill("SIGINT");
    expect(await once(watching, "exit")).toEqual([130, null]);
    await registry.close();
  }, 600_000);
});

describe("the state of a tag", () => {
  const record = { fence: 1, attempts: 0, wantedAt: 0 };
  it.each([
    ["equal", { outcome: "replicated" }],
    ["equal", { outcome: "unchanged" }],
    ["equal", { outcome: "superseded", reason: "newer-push" }],
    ["failed", { outcome: "failed", reason: "target-denied" }],
    ["skipped", { outcome: "skipped", reason: "source-gone" }],
    ["waiting", { outcome: "deferred", reason: "busy", since: 0 }],
    ["waiting", undefined],
  ] as const)("is %s when its last copy ended as %j", (state, last) => {
    expect(listedTag("k", { ...record, ...(last === undefined ? {} : { last }) }, 10).state).toBe(state);
  });

  it("is copying as long as its lease lasts, and says for how long", () => {
    const lease = { message: "m", owner: "o", fence: 1, until: 100, since: 40, dirty: false };
    expect(listedTag("k", { ...record, lease }, 99)).toMatchObject({ state: "copying", copyingMs: 59 });
    expect(listedTag("k", { ...record, lease }, 101)).toMatchObject({ state: "waiting" });
  });
});
