import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../cli/errors/exit-code.ts";
import { run } from "../../cli/run.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";
import { captureTerminal } from "../fixtures/processes/terminal.ts";

const signal = AbortSignal.timeout(600_000);

async function synced(text: string, ...args: string[]) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "list.yaml");
  await writeFile(file, text);
  const { terminal, out, err } = captureTerminal();
  const code = await run(["sync", ...args, file], terminal, signal);
  return { code, out: out(), err: err().replaceAll(file, "list.yaml") };
}

describe("freightliner sync", () => {
  it("copies the images and tags that its list names", async () => {
    await using source = await scratchRegistry();
    await using target = await scratchRegistry();
    const image = imageOf([layer("a", 1_000)], { os: "linux", architecture: "amd64" });
    for (const tag of ["1.0", "1.1", "1.1-debug", "2.0"]) {
      await pushImage(image, { registry: source.host, repository: "app", tag }, signal);
    }
    const { code, err } = await synced(`
version: 1
sync:
  - source: ${source.host}/app:2.0
    target: ${target.host}/one
  - source: ${source.host}/app
    target: ${target.host}/globs
    tags: ["1.*"]
  - source: ${source.host}/app
    target: ${target.host}/patterns
    allow: ['1\\..*']
    deny: ['.*-debug']
`);
    expect([code, err]).toEqual([0, expect.stringMatching(/6 images: 6 copied, 0 already present, 0 failed\n$/)]);
    const tagsOf = (name: string): string[] => [...(target.catalog.find(name)?.tags.keys() ?? [])].toSorted();
    expect(tagsOf("one")).toEqual(["2.0"]);
    expect(tagsOf("globs")).toEqual(["1.0", "1.1", "1.1-debug"]);
    expect(tagsOf("patterns")).toEqual(["1.0", "1.1"]);
  });

  it("says everything that is wrong with its list at once, with line and column, and what was probably meant", async () => {
    const { code, out, err } = await synced(`version: 1
sync:
  - sorce: a.test/b
    target: a.test/c
  - source: a.test/b
    target: a.test/d
    tags: 5
`);
    expect([code, out]).toEqual([ExitCode.usage, ""]);
    expect(err).toContain("list.yaml is not valid; correct it");
    expect(err).toContain('line 3, column 12: unknown field "sorce"; did you mean source?');
    expect(err).toMatch(/line 3, column 5: sync\[0\]\.source: /);
    expect(err).toMatch(/line 7, column 11: sync\[1\]\.tags: /);
  });

  it("says where a list is no YAML", async () => {
    expect((await synced("version: 1\nsync: [\n")).err).toMatch(/line 3, column 1: /);
  });

  it("takes a list as regsync has it, and says what it cannot take over", async () => {
    const { code, out, err } = await synced(
      `version: 1
creds:
  - registry: docker.io
    user: me
defaults:
  interval: 60m
  parallel: 8
sync:
  - source: busybox:latest
    target: registry.example.org/busybox:latest
    type: image
  - source: alpine
    target: registry.example.org/alpine
    type: repository
    tags:
      allow: ["3", '3\\.\\d+']
      deny: ["3.0"]
    platform: linux/amd64
  - source: registry.example.org
    target: other.example.org
    type: registry
`,
      "--from-regsync",
    );
    expect(parse(out)).toEqual({
      version: 1,
      sync: [
        { source: "docker.io/busybox:latest", target: "registry.example.org/busybox:latest" },
        {
          source: "docker.io/alpine",
          target: "registry.example.org/alpine",
          allow: ["3", String.raw`3\.\d+`],
          deny: ["3.0"],
        },
      ],
    });
    expect(code).toBe(ExitCode.failed);
    expect(err.trimEnd().split("\n")).toEqual([
      "not converted: creds; log in with docker login, or freightliner login",
      "not converted: defaults.interval",
      "not converted: defaults.parallel; use sync --parallel",
      "not converted: sync[1].platform",
      "not converted: sync[2]: a whole registry; name its repositories",
    ]);
  });

  it("takes a list as skopeo sync has it", async () => {
    const { code, out, err } = await synced(
      `registry.example.com:
  images:
    busybox: []
    team/redis:
      - "1.0"
      - "sha256:${"1".repeat(64)}"
  images-by-tag-regex:
    nginx: ^1\\.13\\.[12]-alpine$
  images-by-semver:
    alpine: ">= 3.12.0"
  tls-verify: true
`,
      "--to",
      "mirror.example.org/repo/",
      "--from-skopeo",
    );
    const at = (name: string) => `mirror.example.org/repo/${name}`;
    expect(parse(out)).toEqual({
      version: 1,
      sync: [
        { source: "registry.example.com/busybox", target: at("busybox") },
        { source: "registry.example.com/team/redis:1.0", target: at("redis") },
        { source: `registry.example.com/team/redis@sha256:${"1".repeat(64)}`, target: at("redis") },
        {
          source: "registry.example.com/nginx",
          target: at("nginx"),
          allow: [String.raw`.*(?:^1\.13\.[12]-alpine$).*`],
        },
      ],
    });
    expect(code).toBe(ExitCode.failed);
    expect(err.trimEnd().split("\n")).toEqual([
      "not converted: registry.example.com/alpine: the versions >= 3.12.0; write tag patterns instead",
      "not converted: registry.example.com.tls-verify",
    ]);
  });

  it("takes one list, and skopeo's with a place for its images", async () => {
    const { terminal, err } = captureTerminal();
    expect(await run(["sync"], terminal, signal)).toBe(ExitCode.usage);
    expect(err()).toContain("sync takes one list");
    expect((await synced("{}", "--from-skopeo")).err).toContain("--from-skopeo needs --to PLACE");
  });
});
