import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copy } from "../../../cli/copy/copy.ts";
import { parseCopySpecs } from "../../../cli/copy/copy-options.ts";
import { ExitCode } from "../../../cli/errors/exit-code.ts";
import { imageOf, indexOf, layer, withReferrer } from "../../../local/images/image-content.ts";
import type { ImageContent } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { signatureOf, signatureTag } from "../../../local/images/signature.ts";
import type { RegistryEvent } from "../../../local/registry/protocol/registry-event.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";

const signal = AbortSignal.timeout(600_000);
const shared = layer("shared", 40_000);
const amd64 = imageOf([layer("base", 90_000), shared, layer("a", 5_000)], { os: "linux", architecture: "amd64" });
const arm64 = imageOf([layer("other", 70_000), shared, layer("b", 3_000)], { os: "linux", architecture: "arm64" });
const bare = indexOf([amd64, arm64]);
const image = withReferrer(bare, "application/vnd.example.scan", new TextEncoder().encode("nothing found"));
const signature = signatureOf(image.root.descriptor.digest);
const sigTag = signatureTag(image.root.descriptor.digest);

interface Planned {
  readonly digest: string;
  readonly plan: {
    readonly send: readonly { readonly digest: string }[];
    readonly mount: readonly { readonly digest: string; readonly from: string }[];
    readonly put: readonly { readonly reference: string }[];
    readonly bytes: number;
  };
}

async function run(source: string, target: string, dryRun: boolean): Promise<string> {
  const { terminal, out } = captureTerminal({ json: true, quiet: true });
  const orders = await parseCopySpecs([source, target], { allTags: false, tags: [] });
  const way = {
    platform: undefined,
    dryRun,
    referrers: true,
    sparse: "fail",
    jobs: 8,
    parallel: 4,
    access: { allowedHosts: [] },
  } as const;
  expect(await copy(orders, way, terminal, signal)).toBe(ExitCode.ok);
  return out();
}

/** The requests that a plan predicts, without the names of upload sessions. */
function requestsOf({ plan }: Planned): string[] {
  return [
    ...plan.mount.map(({ digest, from }) => `POST mount=${digest} from=${from}`),
    ...plan.send.flatMap(({ digest }) => ["POST upload", `PUT upload ${digest}`]),
    ...plan.put.map(({ reference }) => `PUT manifests/${reference}`),
  ].toSorted();
}

/** The write requests that a registry received, in the same notation. */
function writesOf(events: readonly RegistryEvent[], repository: string): string[] {
  return events
    .flatMap((event) => {
      if (event.kind !== "request" || ["GET", "HEAD"].includes(event.method)) return [];
      const url = new URL(event.path, "http://registry");
      const path = url.pathname.replace(`/v2/${repository}/`, "");
      if (path === url.pathname) return [];
      const { mount, from, digest } = Object.fromEntries(url.searchParams);
      if (mount !== undefined) return [`POST mount=${mount} from=${from}`];
      return [
        path.startsWith("blobs/uploads/")
          ? [event.method, "upload", digest].filter(Boolean).join(" ")
          : `${event.method} ${path}`,
      ];
    })
    .toSorted();
}

const storedBytes = (events: readonly RegistryEvent[], repository: string): number =>
  events.reduce(
    (sum, event) => sum + (event.kind === "blob-stored" && event.repository === repository ? event.size : 0),
    0,
  );

/** The image without some of its content, children before parents: the state after an interrupted push of this or another tool. */
function partOf(blobs: readonly boolean[], manifests: readonly boolean[]): Pick<ImageContent, "blobs" | "manifests"> {
  const all = [...new Map(image.blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
  const kept = all.filter((_, index) => blobs[index] === true);
  const has = new Set(kept.map(({ descriptor }) => descriptor.digest));
  const whole = [amd64, arm64].filter(
    (child, index) => manifests[index] === true && child.blobs.every(({ descriptor }) => has.has(descriptor.digest)),
  );
  return { blobs: kept, manifests: whole.flatMap((child) => child.manifests) };
}

async function pushPart(
  part: Pick<ImageContent, "blobs" | "manifests">,
  registry: string,
  repository: string,
): Promise<void> {
  // Something has to be put last: where there is no manifest, an index of nothing.
  const [root = indexOf([]).root] = part.manifests;
  await pushImage({ root, ...part }, { registry, repository }, signal);
}

const states = fc.record({
  kind: fc.constantFrom("empty", "partial", "interrupted", "equal", "another tag", "another repository"),
  blobs: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
  manifests: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
  attached: fc.boolean(),
  signed: fc.boolean(),
  promoted: fc.boolean(),
});

describe("a dry run", () => {
  it("predicts the copy's requests and bytes exactly, in 50 states of the target, and writes nothing", async () => {
    await using source = await scratchRegistry();
    await using target = await scratchRegistry();
    const at = (registry: string, repository: string, tag: string) => ({ registry, repository, tag });
    for (const registry of [source.host, target.host]) {
      await pushImage(image, at(registry, "team/app", "v1"), signal);
      await pushImage(signature, at(registry, "team/app", sigTag), signal);
    }
    let runs = 0;
    const expected = new Map<string, string[]>();
    await fc.assert(
      fc.asyncProperty(states, async ({ kind, blobs, manifests, attached, signed, promoted }) => {
        const repository = `mirror/app-${runs++}`;
        const tagged = attached ? image : bare;
        if (kind === "partial") await pushPart(partOf(blobs, manifests), target.host, repository);
        if (kind === "interrupted") await pushPart(partOf(blobs, [false, false]), target.host, repository);
        if (kind === "equal") await pushImage(tagged, at(target.host, repository, "v1"), signal);
        if (kind === "another tag") await pushImage(tagged, at(target.host, repository, "v0"), signal);
        if (kind === "another repository") await pushImage(tagged, at(target.host, `${repository}-old`, "v1"), signal);
        if (signed && kind === "equal") await pushImage(signature, at(target.host, repository, sigTag), signal);
        const before = { writes: writesOf(target.events, repository), bytes: storedBytes(target.events, repository) };
        const args = [
          `${promoted ? target.host : source.host}/team/app:v1`,
          `${target.host}/${repository}:v1`,
        ] as const;

        const planned: Planned = JSON.parse(await run(...args, true));
        await run(...args, false);

        const all = [...before.writes, ...requestsOf(planned)].toSorted();
        expected.set(repository, all);
        await eventually("its requests", () =>
          writesOf(target.events, repository).length >= all.length ? true : undefined,
        );
        expect(writesOf(target.events, repository)).toEqual(all);
        expect(storedBytes(target.events, repository) - before.bytes).toBe(planned.plan.bytes);
        expect(target.catalog.find(repository)?.tags.get("v1")).toBe(planned.digest);
        expect(target.catalog.find(repository)?.tags.get(sigTag)).toBe(signature.root.descriptor.digest);
        const again: Planned = JSON.parse(await run(...args, true));
        expect(requestsOf(again)).toEqual([]);
      }),
      { numRuns: 50 },
    );
    expect(runs).toBe(50);
    // Nothing arrived late.
    for (const [repository, all] of expected) expect(writesOf(target.events, repository)).toEqual(all);
  }, 600_000);
});

describe("a copy that was killed", () => {
  it("is resumed with the missing content, and sends nothing twice", async () => {
    await using source = await scratchRegistry();
    await using target = await scratchRegistry();
    await pushImage(image, { registry: source.host, repository: "app", tag: "v1" }, signal);
    const args = [`${source.host}/app:v1`, `${target.host}/app:v1`] as const;
    const child = spawn(process.execPath, ["cli/main.ts", "copy", ...args, "--jobs", "1"], { stdio: "ignore" });
    target.on(
      ({ kind }) =>
        kind === "blob-stored" &&
        target.events.filter((event) => event.kind === kind).length === 3 &&
        child.kill("SIGKILL"),
    );
    await once(child, "exit");
    const stored = (): string[] =>
      target.events.flatMap((event) => (event.kind === "blob-stored" ? [event.digest] : []));
    const first = stored().length;
    expect(first).toBeLessThan(image.blobs.length);
    expect(target.catalog.find("app")?.tags.get("v1")).toBeUndefined();

    await run(...args, false);
    expect(stored().length).toBeGreaterThan(first);
    expect(stored().toSorted()).toEqual(
      [...new Set(image.blobs.map(({ descriptor }) => descriptor.digest))].toSorted(),
    );
    expect(target.catalog.find("app")?.tags.get("v1")).toBe(image.root.descriptor.digest);
  });
});

describe("a copy of an image that the target already has", () => {
  it("copies the signature and the referrer that were attached since", async () => {
    await using source = await scratchRegistry();
    await using target = await scratchRegistry();
    const place = { registry: source.host, repository: "app", tag: "v1" };
    const args = [`${source.host}/app:v1`, `${target.host}/app:v1`] as const;
    await pushImage(bare, place, signal);
    await run(...args, false);
    await pushImage(image, place, signal);
    await pushImage(signature, { ...place, tag: sigTag }, signal);
    expect(JSON.parse(await run(...args, false))).toMatchObject({ outcome: "copied", manifests: 2 });
    expect(target.catalog.find("app")?.tags.get(sigTag)).toBe(signature.root.descriptor.digest);
    expect(JSON.parse(await run(...args, false))).toMatchObject({ outcome: "unchanged" });
  });

  it("sends everything again to a registry that denies having content it had confirmed", async () => {
    await using source = await scratchRegistry();
    await using target = await scratchRegistry();
    await pushImage(amd64, { registry: source.host, repository: "app", tag: "v1" }, signal);
    const args = [`${source.host}/app:v1`, `${target.host}/app:v1`] as const;
    await pushPart({ blobs: amd64.blobs, manifests: [] }, target.host, "app");
    const asked = Promise.withResolvers<void>();
    const lost = amd64.blobs[1]!.descriptor.digest;
    target.on((event) => {
      if (event.kind !== "request" || event.method !== "HEAD" || !event.path.includes(lost)) return;
      target.catalog.find("app")?.blobs.delete(lost);
      asked.resolve();
    });
    expect(JSON.parse(await run(...args, false))).toMatchObject({ outcome: "copied" });
    await asked.promise;
    expect(target.catalog.find("app")?.tags.get("v1")).toBe(amd64.root.descriptor.digest);
  });
});
