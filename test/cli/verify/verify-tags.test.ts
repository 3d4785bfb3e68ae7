import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ExitCode } from "../../../cli/errors/exit-code.ts";
import { run } from "../../../cli/run.ts";
import { createSample } from "../../../src/inspection/verify/sample.ts";
import { imageOf, indexOf, layer, withReferrer } from "../../../local/images/image-content.ts";
import type { ImageContent } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { hexOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";

const signal = AbortSignal.timeout(600_000);
const PLATFORM = { os: "linux", architecture: "amd64" };
const CLEAN = 1_000;
const SCAN = "application/vnd.example.scan";

const small = (seed: string): ImageContent => imageOf([layer(seed, 100)], PLATFORM);
const signatureTag = ({ root }: ImageContent): string => root.descriptor.digest.replace(":", "-").concat(".sig");

/** An index of two platforms with a referrer, so that every kind of fault has its place. */
function imageFor(fault: string): ImageContent {
  const second = imageOf([layer(`${fault} arm`, 100)], { os: "linux", architecture: "arm64" });
  return withReferrer(indexOf([small(fault), second]), SCAN, new TextEncoder().encode(fault));
}

type Registry = Awaited<ReturnType<typeof scratchRegistry>>;
/** What a fault does to the target's storage. */
type Plant = (image: ImageContent, tag: string, target: ReturnType<typeof storageOf>) => void | Promise<void>;

function storageOf({ catalog, directory }: Registry) {
  const state = catalog.open("app");
  const file = (digest: Digest): string => join(directory, "content", "sha256", hexOf(digest));
  return {
    ...state,
    rewrite: async (digest: Digest, change: (bytes: Buffer) => Uint8Array) =>
      writeFile(file(digest), change(await readFile(file(digest)))),
  };
}

const blob = ({ blobs }: ImageContent, index: number): Digest =>
  blobs[index]?.descriptor.digest ?? expect.fail("no blob");
const manifest = ({ manifests }: ImageContent, index: number): Digest =>
  manifests.at(index)?.descriptor.digest ?? expect.fail("no manifest");
const flipped = (bytes: Buffer): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));

/** Blobs: 0 and 1 are config and layer of the first platform, 2 and 3 of the second, 5 is the referrer's. Manifests: platforms, index, referrer. */
const FAULTS: Readonly<Record<string, Plant>> = {
  "configuration missing": (image, _, { blobs }) => void blobs.delete(blob(image, 0)),
  "layer missing": (image, _, { blobs }) => void blobs.delete(blob(image, 1)),
  "layer of another platform missing": (image, _, { blobs }) => void blobs.delete(blob(image, 3)),
  "every blob missing": ({ blobs: all }, _, { blobs }) =>
    all.slice(0, 4).forEach((each) => blobs.delete(each.descriptor.digest)),
  "layer truncated": (image, _, { rewrite }) => rewrite(blob(image, 1), (bytes) => bytes.subarray(0, 50)),
  "layer empty": (image, _, { rewrite }) => rewrite(blob(image, 1), () => new Uint8Array()),
  "layer too long": (image, _, { rewrite }) => rewrite(blob(image, 1), (bytes) => Buffer.concat([bytes, bytes])),
  "one bit of a layer": (image, _, { rewrite }) => rewrite(blob(image, 1), flipped),
  "one bit of a configuration": (image, _, { rewrite }) => rewrite(blob(image, 0), flipped),
  "platform missing": (image, _, { manifests }) => void manifests.delete(manifest(image, 0)),
  "both platforms missing": (image, _, { manifests }) =>
    [0, 1].forEach((each) => manifests.delete(manifest(image, each))),
  "index missing": (image, _, { manifests }) => void manifests.delete(manifest(image, 2)),
  "one bit of a manifest": (image, _, { rewrite }) => rewrite(manifest(image, 0), flipped),
  "tag missing": (_, tag, { tags }) => void tags.delete(tag),
  "tag moved": (_, tag, { tags }) => void tags.set(tag, small("clean 0").root.descriptor.digest),
  "wrong media type": (image, _, { manifests }) => {
    const digest = image.root.descriptor.digest;
    const found = manifests.get(digest) ?? expect.fail("no manifest");
    manifests.set(digest, { ...found, mediaType: "application/vnd.docker.distribution.manifest.list.v2+json" });
  },
  "referrer missing": (image, _, { manifests }) => void manifests.delete(manifest(image, -1)),
  "blob of a referrer missing": (image, _, { blobs }) => void blobs.delete(blob(image, 5)),
  "signature missing": (image, _, { tags }) => void tags.delete(signatureTag(image)),
  "signature moved": (image, _, { tags }) =>
    void tags.set(signatureTag(image), small("clean 0").root.descriptor.digest),
};
const NAMES = Object.keys(FAULTS);
const tagOf = (fault: string): string => `fault-${fault.replaceAll(" ", "-")}`;

const Found = z.object({ target: z.string(), verdict: z.string(), differences: z.array(z.unknown()) });
const Counts = z.object({
  tags: z.number(),
  equal: z.number(),
  repaired: z.number(),
  differ: z.number(),
  earlier: z.number(),
  onlyAtTarget: z.number(),
  unknown: z.number(),
});

async function ran(args: readonly string[]) {
  const { terminal, out, err } = captureTerminal({});
  const code = await run([...args, "--json", "--quiet"], terminal, signal);
  const lines = out()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  const tags = lines.slice(0, -1).map((line) => Found.parse(line));
  return { code, err: err(), tags, counts: Counts.parse(lines.at(-1)) };
}

describe("a verification of all tags of a repository", () => {
  const parts = new AsyncDisposableStack();
  let source: Registry;
  let target: Registry;
  let folder: string;
  const places = (): string[] => ["verify", `${source.host}/app`, `${target.host}/app`];
  const plantAll = async (): Promise<void> => {
    const storage = storageOf(target);
    for (const [fault, plant] of Object.entries(FAULTS)) await plant(imageFor(fault), tagOf(fault), storage);
  };
  const faulty = (tags: readonly z.infer<typeof Found>[]): string[] =>
    tags.map((each) => each.target.slice(each.target.lastIndexOf(":") + 1)).toSorted();

  beforeAll(async () => {
    const images = Array.from({ length: 10 }, (_, index) => small(`clean ${index}`));
    [source, target] = [parts.use(await scratchRegistry()), parts.use(await scratchRegistry())];
    folder = parts.use(await temporaryFolder()).path;
    for (const registry of [source, target]) {
      const push = (image: ImageContent, tag: string) =>
        pushImage(image, { registry: registry.host, repository: "app", tag }, signal);
      for (const [index, image] of images.entries()) await push(image, `clean-${index}`);
      const { tags } = registry.catalog.open("app");
      for (let index = 10; index < CLEAN; index++)
        tags.set(`clean-${index}`, images[index % 10]?.root.descriptor.digest ?? expect.fail("no image"));
      for (const fault of NAMES) {
        await push(imageFor(fault), tagOf(fault));
        await push(small(`signature ${fault}`), signatureTag(imageFor(fault)));
      }
    }
  }, 120_000);
  afterAll(() => parts.disposeAsync());

  it("finds 20 of 20 planted faults and no other, repairs them, and finds nothing then", async () => {
    expect(NAMES).toHaveLength(20);
    await plantAll();
    const found = await ran([...places(), "--all-tags", "--read-blobs", "--repair"]);
    expect([found.err, found.code]).toEqual(["", ExitCode.ok]);
    expect(faulty(found.tags)).toEqual(NAMES.map(tagOf).toSorted());
    expect(found.counts).toMatchObject({ tags: CLEAN + 20, equal: CLEAN, repaired: 20, differ: 0 });

    const after = await ran([...places(), "--all-tags", "--read-blobs"]);
    expect([after.code, after.tags]).toEqual([ExitCode.ok, []]);
  });

  it("continues an interrupted run: tags that were equal are not compared again", async () => {
    const state = join(folder, "state");
    const faults = [...places(), "--tags", "fault-*", "--state", state];
    // Without --repair, a fault is a difference and the exit code 1.
    await FAULTS["layer missing"]?.(imageFor("layer missing"), tagOf("layer missing"), storageOf(target));
    expect(await ran(faults.slice(0, -2))).toMatchObject({ code: ExitCode.failed, counts: { differ: 1, equal: 19 } });
    expect(await ran([...faults.slice(0, -2), "--repair"])).toMatchObject({ counts: { repaired: 1, equal: 19 } });
    const stop = new AbortController();
    target.on(({ kind }) => void (kind === "request" && ++requests === 200 && stop.abort(new Error("killed"))));
    let requests = 0;
    await run([...faults, "--parallel", "1"], captureTerminal({}).terminal, stop.signal);
    // A kill may tear the last line.
    await writeFile(state, `${await readFile(state, "utf8")}{"equ`);
    const { code, counts } = await ran(faults);
    expect([code, counts.differ, counts.tags]).toEqual([ExitCode.ok, 0, 20]);
    expect(counts.earlier).toBeGreaterThan(0);
    expect(counts.earlier + counts.equal).toBe(20);
    // The state of a run that has ended is not continued.
    expect((await ran(faults)).counts).toMatchObject({ earlier: 0, equal: 20 });
  });

  it("refuses the state of another verification", async () => {
    const { terminal, err } = captureTerminal({});
    const state = join(folder, "interrupted");
    await writeFile(state, `${(await readFile(join(folder, "state"), "utf8")).split("\n")[0]}\n`);
    const code = await run([...places(), "--all-tags", "--state", state], terminal, signal);
    expect([code, err()]).toEqual([ExitCode.usage, expect.stringContaining("is the state of another verification")]);
  });

  it("compares the list of sync, and counts tags that only the target has", async () => {
    const list = join(folder, "list.yaml");
    await writeFile(list, JSON.stringify({ version: 1, sync: [entry("clean-1?"), entry("fault-tag-*")] }));
    target.catalog.open("app").tags.set("clean-1x", small("clean 0").root.descriptor.digest);
    const { code, counts } = await ran(["verify", "--list", list]);
    expect([code, counts]).toMatchObject([ExitCode.ok, { tags: 12, equal: 12, onlyAtTarget: 1 }]);
  });

  const entry = (tags: string) => ({ source: `${source.host}/app`, target: `${target.host}/app`, tags: [tags] });

  it("goes on when one repository cannot be compared, and says so", async () => {
    const list = join(folder, "list.yaml");
    const other = { ...entry("*"), source: `${source.host}/other` };
    await writeFile(list, JSON.stringify({ version: 1, sync: [other, entry("fault-tag-*")] }));
    const { code, err, counts } = await ran(["verify", "--list", list]);
    expect([code, counts]).toMatchObject([ExitCode.failed, { equal: 2, unknown: 1 }]);
    expect(err).toContain(`${source.host}/other and ${target.host}/app were not compared`);
  });
});

it("samples about the share that is wanted: the same names for the same seed, others for another", () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `name ${index}`);
  const selected = (seed: string): string[] => names.filter(createSample(10, seed));
  expect(selected("one")).toEqual(selected("one"));
  expect(selected("one")).not.toEqual(selected("two"));
  expect(Math.abs(selected("one").length - 200)).toBeLessThan(60);
});
