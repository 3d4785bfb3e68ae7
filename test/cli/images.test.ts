import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExitCode } from "../../cli/errors/exit-code.ts";
import { run } from "../../cli/run.ts";
import type { Ask } from "../../cli/terminal/terminal.ts";
import { imageOf, indexOf, layer, withReferrer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { signatureOf, signatureTag } from "../../local/images/signature.ts";
import { ErrorResponse } from "../../local/registry/protocol/error-response.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";
import { captureTerminal } from "../fixtures/processes/terminal.ts";

const signal = AbortSignal.timeout(600_000);
const amd64 = imageOf([layer("base", 20_000), layer("a", 2_000)], { os: "linux", architecture: "amd64" });
const arm64 = imageOf([layer("base", 20_000), layer("b", 1_000)], {
  os: "linux",
  architecture: "arm64",
  variant: "v8",
});
const image = withReferrer(indexOf([amd64, arm64]), "application/vnd.example.scan", new TextEncoder().encode("fine"));
const { digest } = image.root.descriptor;
const signature = signatureOf(digest);

async function ran(args: readonly string[], ask?: Ask) {
  const { terminal, out, err } = captureTerminal({}, { ask });
  const code = await run(args, terminal, signal);
  return { code, out: out(), err: err() };
}

describe("a registry with two tags of an image", () => {
  const parts = new AsyncDisposableStack();
  let source: Awaited<ReturnType<typeof scratchRegistry>>;
  let target: Awaited<ReturnType<typeof scratchRegistry>>;

  beforeAll(async () => {
    source = parts.use(await scratchRegistry());
    target = parts.use(await scratchRegistry());
    const place = { registry: source.host, repository: "team/app" };
    await pushImage(image, { ...place, tag: "v1" }, signal);
    await pushImage(amd64, { ...place, tag: "v2" }, signal);
    await pushImage(signature, { ...place, tag: signatureTag(digest) }, signal);
    await pushImage(arm64, { registry: source.host, repository: "team/tool", tag: "v1" }, signal);
  });
  afterAll(() => parts.disposeAsync());

  const tagsOf = (repository: string): string[] => [...(target.catalog.find(repository)?.tags.keys() ?? [])].toSorted();

  it("has its tags listed, all or those that match, as lines or as JSON", async () => {
    const app = `${source.host}/team/app`;
    const { out } = await ran(["tags", app]);
    expect(out.trimEnd().split("\n").toSorted()).toEqual([signatureTag(digest), "v1", "v2"].toSorted());
    expect(await ran(["tags", app, "--tags", "v?"])).toEqual({ code: 0, out: "v1\nv2\n", err: "" });
    const { out: json } = await ran(["tags", app, "--tags", "*1", "--json"]);
    expect(JSON.parse(json)).toEqual({ repository: app, tags: ["v1"] });
    expect(await ran(["tags", `${source.host}/none`])).toMatchObject({
      code: ExitCode.notFound,
      err: expect.stringContaining("has no tags, or does not exist"),
    });
  });

  it("says what a tag names, for all platforms or one", async () => {
    const v1 = `${source.host}/team/app:v1`;
    expect(await ran(["digest", v1])).toEqual({ code: 0, out: `${digest}\n`, err: "" });
    const arm = arm64.root.descriptor.digest;
    expect((await ran(["digest", v1, "--platform", "linux/arm64"])).out).toBe(`${arm}\n`);
    expect(JSON.parse((await ran(["digest", v1, "--json"])).out)).toMatchObject({ reference: v1, digest });
  });

  it("has its requests shown with --verbose, without their queries", async () => {
    const { out, err } = await ran(["tags", `${source.host}/team/app`, "--verbose"]);
    expect(out).toContain("v1\n");
    expect(err).toBe(`GET http://${source.host}/v2/team/app/tags/list 200\n`);
  });

  it("has an image drawn: platforms, layers, sizes, and what is attached", async () => {
    const { code, out } = await ran(["inspect", `${source.host}/team/app:v1`]);
    const drawn = out.replaceAll(/sha256:([0-9a-f]{4})[0-9a-f]{60}/g, "#");
    expect([code, drawn.replace(source.host, "HOST").replaceAll(/sha256-[0-9a-f]{64}/g, "TAG")]).toEqual([
      0,
      `HOST/team/app:v1
index # 2 manifests, 28.8 kB
├─ linux/amd64 image # 2 layers, 25.9 kB
│  ├─ config # 319 B
│  ├─ layer # 22.0 kB
│  └─ layer # 3.6 kB
├─ linux/arm64/v8 image # 2 layers, 24.9 kB
│  ├─ config # 334 B
│  ├─ layer # 22.0 kB
│  └─ layer # 2.6 kB
├─ attached: image TAG.sig # 1 layer, 339 B
│  ├─ config # 200 B
│  └─ layer # 139 B
└─ attached: image application/vnd.example.scan # 1 layer, 6 B
   ├─ config # 2 B
   └─ layer # 4 B
`,
    ]);
    const { out: json } = await ran(["inspect", `${source.host}/team/app:v1`, "--json"]);
    expect(JSON.parse(json)).toMatchObject({
      role: "index",
      digest,
      parts: [{ platform: "linux/amd64", parts: [{ role: "config" }, { role: "layer" }, { role: "layer" }] }, {}],
      attached: [{ tag: signatureTag(digest) }, { artifactType: "application/vnd.example.scan" }],
    });
  });

  it("has all tags copied, each layer once, and signatures with their images; a second run finds them", async () => {
    const args = ["copy", `${source.host}/team/app`, `${target.host}/all/app`, "--all-tags"];
    const { code, out, err } = await ran(args);
    expect([code, out.match(/ is sha256:/g)]).toEqual([0, [" is sha256:", " is sha256:"]]);
    expect(err).toMatch(/2 images: 2 copied, 0 already present, 0 failed\n$/);
    expect(tagsOf("all/app")).toEqual([signatureTag(digest), "v1", "v2"].toSorted());
    const stored = target.events.flatMap((event) => (event.kind === "blob-stored" ? [event.digest] : []));
    expect(stored.length).toBe(new Set(stored).size);
    expect((await ran(args)).err).toBe("2 images: 0 copied, 2 already present, 0 failed\n");
  });

  it("has the matching tags copied, and lists the existing ones when none matches", async () => {
    const args = ["copy", `${source.host}/team/app`, `${target.host}/some/app`];
    expect((await ran([...args, "--tags", "v2", "--tags", "x*"])).code).toBe(ExitCode.ok);
    expect(tagsOf("some/app")).toEqual(["v2"]);
    expect(await ran([...args, "--tags", "release-*"])).toMatchObject({
      code: ExitCode.notFound,
      err: expect.stringMatching(/has none of the tags release-\*; it has 2, such as v1, v2/),
    });
  });

  it("has several images copied below one prefix, also when one of them is absent", async () => {
    const sources = [`${source.host}/team/app:v1`, `${source.host}/team/gone:v1`, `${source.host}/team/tool:v1`];
    const { code, err } = await ran(["copy", ...sources, `${target.host}/several`]);
    expect(code).toBe(ExitCode.failed);
    expect(err).toContain("team/gone:v1 does not exist");
    expect(err).toMatch(/3 images: 2 copied, 0 already present, 1 failed\n$/);
    expect([tagsOf("several/app").includes("v1"), tagsOf("several/tool")]).toEqual([true, ["v1"]]);
  });

  it("is compared with its copy, and each difference is named", async () => {
    const args = ["verify", `${source.host}/team/app:v1`, `${target.host}/verified`];
    await ran(["copy", ...args.slice(1)]);
    const equal = await ran(args);
    expect([equal.code, equal.out]).toEqual([
      0,
      expect.stringMatching(/ are equal; 5 manifests, \d+ blobs and 1 referrer compared\n$/),
    ]);
    const state = target.catalog.find("verified");
    const lost = amd64.blobs[1]!.descriptor.digest;
    state?.blobs.delete(lost);
    state?.tags.set("v1", amd64.root.descriptor.digest);
    const { code, out } = await ran([...args, "--json"]);
    expect([code, JSON.parse(out)]).toMatchObject([
      ExitCode.failed,
      {
        equal: false,
        differences: [
          { kind: "tag", name: "v1", problem: `is ${amd64.root.descriptor.digest}, not ${digest}` },
          { kind: "blob", name: lost, problem: "is missing" },
        ],
      },
    ]);
  });

  describe("when one of its tags is to be deleted", () => {
    const doomed = (): string => `${target.host}/doomed:v1`;
    beforeAll(() => ran(["copy", `${source.host}/team/tool:v1`, doomed()]).then(() => undefined));

    it("prompts first, and keeps the tag unless the answer is yes", async () => {
      const questions: string[] = [];
      const { code, err } = await ran(["delete", doomed()], (question) => {
        questions.push(question);
        return Promise.resolve("");
      });
      expect([code, err]).toEqual([0, "nothing was deleted\n"]);
      expect(questions).toEqual([`Delete ${doomed()} (${arm64.root.descriptor.digest}; the tag only)? [y/N] `]);
      expect(tagsOf("doomed")).toEqual(["v1"]);
    });

    it("requires --yes when it cannot prompt", async () => {
      expect(await ran(["delete", doomed()])).toMatchObject({
        code: ExitCode.usage,
        err: expect.stringContaining("add --yes"),
      });
    });

    it("deletes the tag and nothing else", async () => {
      expect(await ran(["delete", doomed(), "--yes"])).toMatchObject({
        code: 0,
        out: expect.stringContaining("deleted"),
      });
      expect(tagsOf("doomed")).toEqual([]);
      const byDigest = `${target.host}/doomed@${arm64.root.descriptor.digest}`;
      expect((await ran(["digest", byDigest])).code).toBe(ExitCode.ok);
      expect((await ran(["delete", byDigest], () => Promise.resolve("y"))).code).toBe(ExitCode.ok);
      expect((await ran(["delete", byDigest, "--yes"])).code).toBe(ExitCode.notFound);
    });

    it("explains how to delete a tag where a registry does not support it", async () => {
      await using registry = await scratchRegistry({
        authorize: ({ method, url }) =>
          method === "DELETE" && url?.includes("sha256:") === false
            ? new ErrorResponse(405, "UNSUPPORTED", "no")
            : undefined,
      });
      await pushImage(arm64, { registry: registry.host, repository: "app", tag: "v1" }, signal);
      const { code, err } = await ran(["delete", `${registry.host}/app:v1`, "--yes"]);
      expect(code).toBe(ExitCode.failed);
      expect(err).toContain(`"freightliner delete ${registry.host}/app@${arm64.root.descriptor.digest}" deletes`);
    });
  });
});
