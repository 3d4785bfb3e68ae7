import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCopySpecs } from "../../cli/copy/copy-options.ts";
import { formatBytes, formatDuration } from "../../cli/terminal/format.ts";
import { showProgress } from "../../cli/copy/report/show-progress.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import { UsageError } from "../../cli/errors/usage-error.ts";
import { demoImage } from "../../local/images/demo-image.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import type { RegistryEvent } from "../../local/registry/protocol/registry-event.ts";
import { freightliner } from "../fixtures/processes/freightliner.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { startDockerRegistry } from "../fixtures/real/docker-registry.ts";

describe("freightliner copy", () => {
  it("copies an image between two registries, shows what it did, and copies nothing the second time", async () => {
    await using folder = await temporaryFolder();
    await using target = await startDockerRegistry();
    const source = await startRegistry({
      directory: folder.path,
      files: await openRegistryFiles(folder.path),
      profile: specificationProfile,
    });
    const image = demoImage("cli");
    await pushImage(image, { registry: source.host, repository: "team/app", tag: "v1" }, AbortSignal.timeout(600_000));
    const args = ["copy", `${source.host}/team/app:v1`, `${target.host}/mirror/app`];
    const { digest } = image.root.descriptor;

    const planned = await freightliner([...args, "--dry-run"]);
    expect(planned).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        `would be ${digest}\n(?:.*\n)+would send 10 blobs \\(21\\.0 MB\\) and put 5 manifests;`,
      ),
    });
    expect(target.log.filter((line) => /"(?:POST|PUT|PATCH|DELETE) /.test(line))).toEqual([]);

    const copied = await freightliner(args);
    expect(copied).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${target.host}/mirror/app:v1 is ${digest}: 10 blobs sent (21.0 MB)`),
    });
    expect(copied.stderr.split("\n").filter((line) => line.includes("uploaded sha256:"))).toHaveLength(10);

    expect(await freightliner(args)).toMatchObject({
      code: 0,
      stdout: `${target.host}/mirror/app:v1 is already ${digest}\n`,
    });

    const one = await freightliner([...args.slice(0, 2), `${target.host}/mirror/arm:v1`, "--platform", "linux/arm64"]);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining(image.manifests[1]!.descriptor.digest) });
    expect(
      await freightliner([...args.slice(0, 2), `${target.host}/mirror/no:v1`, "--platform", "windows/amd64"]),
    ).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("has no windows/amd64; it has linux/amd64, linux/arm64, linux/arm/v7"),
    });
    await source.close();
  }, 600_000);

  it("exits with 3 for an absent image, 1 for an unreachable registry, 2 for a wrong command line", async () => {
    await using folder = await temporaryFolder();
    const source = await startRegistry({
      directory: folder.path,
      files: await openRegistryFiles(folder.path),
      profile: specificationProfile,
    });
    expect(await freightliner(["copy", `${source.host}/a:v1`, `${source.host}/b`])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("does not exist"),
    });
    expect(await freightliner(["copy", "127.0.0.1:1/a:v1", `${source.host}/b`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("ECONNREFUSED"),
    });
    expect(await freightliner(["copy", "a", `${source.host}/b`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("names no registry"),
    });
    await source.close();
  }, 600_000);

  it("logs in with the Docker configuration", async () => {
    await using folder = await temporaryFolder();
    const events: RegistryEvent[] = [];
    const expected = `Basic ${Buffer.from("me:pw").toString("base64")}`;
    const { ErrorResponse } = await import("../../local/registry/protocol/error-response.ts");
    const source = await startRegistry({
      directory: folder.path,
      files: await openRegistryFiles(folder.path),
      onEvent: (event) => void events.push(event),
      profile: {
        ...specificationProfile,
        access: {
          ...specificationProfile.access,
          authorize: ({ headers }) =>
            headers.authorization === expected
              ? undefined
              : new ErrorResponse(401, "UNAUTHORIZED", "no", { headers: { "www-authenticate": 'Basic realm="x"' } }),
        },
      },
    });
    const auths = { [source.host]: { auth: Buffer.from("me:pw").toString("base64") } };
    await writeFile(join(folder.path, "config.json"), JSON.stringify({ auths }));
    const args = ["copy", `${source.host}/a:v1`, `${source.host}/b`];
    expect((await freightliner(args, { DOCKER_CONFIG: folder.path })).code).toBe(3);
    const stranger = await freightliner(args, { DOCKER_CONFIG: join(folder.path, "none") });
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringContaining("HTTP 401") });
    await source.close();
  }, 600_000);
});

describe("its command line", () => {
  const none = { allTags: false, tags: [] };
  it.each([
    ["no tag", ["r.io/a", "r.io/b"], none],
    ["no registry", ["a:v1", "r.io/b"], none],
    ["another digest", ["r.io/a:v1", `r.io/b@sha256:${"a".repeat(64)}`], none],
    ["several images in one place", ["r.io/a:v1", "r.io/b:v1", "r.io/c:v1"], none],
    ["all tags of one image", ["r.io/a:v1", "r.io/b"], { allTags: true, tags: [] }],
    ["a pattern that no tag can match", ["r.io/a", "r.io/b"], { allTags: false, tags: ["v 1"] }],
  ])("is refused with a reason for %s", async (_case, places, tags) => {
    await expect(parseCopySpecs(places, tags)).rejects.toThrow(UsageError);
  });
});

describe("its progress", () => {
  const blob = { mediaType: "m", digest: `sha256:${"a".repeat(64)}`, size: 2_000_000 } as const;

  function shown(isTTY: boolean): string {
    const written: string[] = [];
    let now = 0;
    const screen = createScreen({ isTTY, columns: 100, write: (text) => void written.push(text) });
    const progress = showProgress(screen, () => (now += 200));
    progress.observe({ kind: "planned", manifests: 1, blobs: [blob] });
    progress.observe({ kind: "blob-bytes", blob, bytes: 1_000_000 });
    progress.observe({ kind: "blob-done", blob, how: "uploaded" });
    progress.end();
    return written.join("");
  }

  it("is a bar on a terminal and a line per blob elsewhere", () => {
    expect(shown(true)).toMatch(/\[#+\.+\] 1\.0 MB of 2\.0 MB, 0\/1 blobs/);
    expect(shown(false)).toBe(`1 manifest, 1 blob, 2.0 MB\n1/1 uploaded ${blob.digest} 2.0 MB\n`);
  });

  it("has readable figures", () => {
    expect([0, 999, 1_000, 1_500_000, 2e12].map(formatBytes)).toEqual(["0 B", "999 B", "1.0 kB", "1.5 MB", "2.0 TB"]);
    expect([5, 12_300, 200_000].map(formatDuration)).toEqual(["5 ms", "12.3 s", "3 min 20 s"]);
  });
});
