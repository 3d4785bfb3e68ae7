import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import { demoImage } from "../../local/images/demo-image.ts";
import type { RegistryEvent } from "../../local/registry/protocol/registry-event.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { verifyTag } from "../../local/verify.ts";
import { parseTag } from "../../src/oci/reference.ts";
import type { Connections } from "../../src/registry/http/connections.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { writeOciLayout } from "../fixtures/images/oci-layout.ts";
import { skopeo, temporaryFolder } from "../fixtures/processes/programs.ts";
import { startDockerRegistry } from "../fixtures/real/docker-registry.ts";
import { testSource } from "../fixtures/registry-client.ts";

const never = AbortSignal.timeout(600_000);
const OPTIONS = { concurrency: 4, timeoutSeconds: 60 } as const;
const AMD64 = { os: "linux", architecture: "amd64" };

/** Clients that read both ends of a repository. */
function openEnds(stack: Stack, repository: string, connections: Connections) {
  const { source, target } = stack;
  const basic = ({ username, password }: { username: string; password: string }) =>
    ({ kind: "basic", username, password }) as const;
  return {
    source: testSource(
      { host: source.registry, repository, credentials: basic(source), allowedHosts: [source.blobHost] },
      connections,
    ),
    target: testSource(
      { host: target.registry, repository: `${target.prefix}/${repository}`, credentials: basic(target) },
      connections,
    ),
  };
}

describe("an image pushed at the source", () => {
  it("arrives at the target with everything below its tag and its referrers, byte for byte", async () => {
    await using stack = await startStack(OPTIONS);
    await using connections = createConnections();
    const image = demoImage("1");
    await push(stack.source, image, { repository: "team/app", tag: "v1" }, never);
    const { source, target } = openEnds(stack, "team/app", connections);
    const tag = parseTag("v1");
    await eventually("the tag", async () => (await target.resolve(tag, never))?.digest);
    const verified = await verifyTag(source, target, tag, never);
    expect(verified).toMatchObject({ digest: image.root.descriptor.digest, manifests: 5, blobs: 10 });
    expect(stack.depth("dead-letters")).toEqual({ visible: 0, inFlight: 0 });
  });

  it("is pushed and read back by skopeo with equal digests, and a second push of its tag wins", async () => {
    await using stack = await startStack(OPTIONS);
    await using folder = await temporaryFolder();
    const { source, target } = stack;
    const from = (name: string): string => `${name}:v1`;
    const inspect = (): Promise<string | undefined> =>
      skopeo(
        "inspect",
        "--raw",
        "--tls-verify=false",
        "--creds",
        `${target.username}:${target.password}`,
        `docker://${target.registry}/${target.prefix}/app:v1`,
      ).catch(() => undefined);
    for (const version of ["1", "2"]) {
      const layout = `${folder.path}/${version}`;
      const image = indexOf([
        imageOf([layer(`skopeo-${version}`, 300_000)], AMD64),
        imageOf([layer(`arm-${version}`, 200_000)], { os: "linux", architecture: "arm64" }),
      ]);
      await writeOciLayout(image, layout, "v1");
      const preserve = [
        "--all",
        "--preserve-digests",
        "--dest-tls-verify=false",
        "--dest-creds",
        `${source.username}:${source.password}`,
      ];
      await skopeo("copy", ...preserve, from(`oci:${layout}`), `docker://${source.registry}/app:v1`);
      const raw = await eventually("the pushed index", async () => {
        const found = await inspect();
        return found === Buffer.from(image.root.bytes).toString() ? found : undefined;
      });
      expect(raw).toBe(Buffer.from(image.root.bytes).toString());
    }
    const back = ["--all", "--src-tls-verify=false", "--src-creds", `${target.username}:${target.password}`];
    await skopeo("copy", ...back, `docker://${target.registry}/${target.prefix}/app:v1`, `oci:${folder.path}/back:v1`);
  });

  it("arrives at a registry of another project", async () => {
    await using registry = await startDockerRegistry();
    await using stack = await startStack({ ...OPTIONS, target: { registry: registry.host, prefix: "mirror" } });
    await using connections = createConnections();
    const image = indexOf([imageOf([layer("real", 2_000_000)], AMD64)]);
    await push(stack.source, image, { repository: "app", tag: "v1" }, never);
    const target = testSource({ host: registry.host, repository: "mirror/app" }, connections);
    const tag = parseTag("v1");
    await eventually("the tag", async () => (await target.resolve(tag, never))?.digest);
    const raw = await skopeo("inspect", "--raw", "--tls-verify=false", `docker://${registry.host}/mirror/app:v1`);
    expect(raw).toBe(Buffer.from(image.root.bytes).toString());
    await verifyTag(openEnds(stack, "app", connections).source, target, tag, never);
  });

  it("shares layers with 49 other tags pushed at once, and each shared blob is uploaded once", async () => {
    const events: RegistryEvent[] = [];
    await using stack = await startStack({ ...OPTIONS, onTarget: (event) => void events.push(event) });
    await using connections = createConnections();
    const base = [layer("base-1", 1_500_000), layer("base-2", 400_000)];
    const tags = Array.from({ length: 50 }, (_, index) => `v${index}`);
    const images = new Map(tags.map((tag) => [tag, imageOf([...base, layer(`own-${tag}`, 20_000)], AMD64)]));
    await Promise.all(tags.map((tag) => push(stack.source, images.get(tag)!, { repository: "team/app", tag }, never)));
    const { target } = openEnds(stack, "team/app", connections);
    for (const tag of tags) {
      const digest = images.get(tag)?.root.descriptor.digest;
      await eventually(
        `tag ${tag}`,
        async () => (await target.resolve(parseTag(tag), never))?.digest === digest || undefined,
      );
    }
    const stored = events.filter((event) => event.kind === "blob-stored").map(({ digest }) => digest);
    expect(stored.toSorted()).toEqual([...new Set(stored)].toSorted());
    // Two shared layers, and one layer and one configuration for each tag.
    expect(stored).toHaveLength(2 + 50 + 50);
    expect(stack.depth("dead-letters").visible).toBe(0);
  }, 600_000);

  it("sends no finished blob again after its copy is killed midway", async () => {
    const events: RegistryEvent[] = [];
    const storedSoFar = (): string[] =>
      events.filter((event) => event.kind === "blob-stored").map(({ digest }) => digest);
    await using stack = await startStack({
      concurrency: 2,
      timeoutSeconds: 30,
      leaseSeconds: 6,
      onTarget: (event) => void events.push(event),
    });
    await using connections = createConnections();
    const layers = Array.from({ length: 12 }, (_, index) => layer(`kill-${index}`, index < 6 ? 30_000_000 : 100_000));
    const image = imageOf(layers, AMD64);
    await push(stack.source, image, { repository: "team/app", tag: "v1" }, never);
    await eventually("a first finished blob", () => (storedSoFar().length > 0 ? true : undefined));
    const finished = storedSoFar();
    await stack.killCopies();
    const { target } = openEnds(stack, "team/app", connections);
    await eventually("the tag", async () => (await target.resolve(parseTag("v1"), never))?.digest);
    for (const digest of finished) expect(storedSoFar().filter((stored) => stored === digest)).toHaveLength(1);
  }, 600_000);

  it("P06: is copied once when its event is delivered twice", async () => {
    const outcomes: string[] = [];
    await using stack = await startStack({
      ...OPTIONS,
      leaseSeconds: 2,
      delivery: () => "twice",
      // Every function logs how its invocation ended, too.
      onLog: (_name, line) => void outcomes.push(/"outcome":"(replicated|unchanged|superseded)"/.exec(line)?.[1] ?? ""),
    });
    await push(stack.source, imageOf([layer("twice", 100_000)], AMD64), { repository: "app", tag: "v1" }, never);
    const ended = (): string[] => outcomes.filter((outcome) => ["replicated", "unchanged"].includes(outcome));
    await eventually("two outcomes", () => (ended().length === 2 ? true : undefined));
    const ends = ended();
    expect(ends.filter((outcome) => outcome === "replicated")).toHaveLength(1);
  });
});

describe("a tag that is pushed twice", () => {
  it("P07: names the newer image at the target although the event of the older one arrives last", async () => {
    const outcomes: string[] = [];
    const order: string[] = [];
    await using stack = await startStack({
      ...OPTIONS,
      delivery: (event) => {
        order.push(event.detail["image-digest"] ?? "");
        return order.length === 1 ? "late" : "once";
      },
      // Every function logs how its invocation ended, too.
      onLog: (_name, line) => void outcomes.push(/"outcome":"(replicated|unchanged|superseded)"/.exec(line)?.[1] ?? ""),
    });
    await using connections = createConnections();
    const [older, newer] = ["older", "newer"].map((name) => imageOf([layer(name, 100_000)], AMD64));
    if (older === undefined || newer === undefined) throw new Error("two images");
    await push(stack.source, older, { repository: "app", tag: "v1" }, never);
    await push(stack.source, newer, { repository: "app", tag: "v1" }, never);
    await eventually("both ends", () => (outcomes.filter((outcome) => outcome !== "").length >= 2 ? true : undefined));
    const { target } = openEnds(stack, "app", connections);
    const found = await target.resolve(parseTag("v1"), never);
    expect(found?.digest).toBe(newer.root.descriptor.digest);
  });
});

describe("npm start -- --once", () => {
  it("replicates the demo, prints what it verified, and exits with 0", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["bootstrap.mjs", "local/main.ts", "--once"]);
    expect(stdout).toMatch(/Verified demo\/app:v1 sha256:[a-f0-9]{64}: 5 manifests and 10 blobs/);
  });

  it("names the port that is in use, and exits with 2", async () => {
    await using stack = await startStack(OPTIONS);
    const port = stack.source.registry.split(":")[1]!;
    const failed = promisify(execFile)(process.execPath, [
      "bootstrap.mjs",
      "local/main.ts",
      "--once",
      "--source-port",
      port,
    ]);
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`port ${port} of 127.0.0.1 is in use by another program`),
    });
  });
});
