import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { run } from "../../../cli/run.ts";
import { imageOf, indexOf, layer } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { signatureOf, signatureTag } from "../../../local/images/signature.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";
import { pass, startFaultProxy } from "../../fixtures/servers/fault-proxy.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";

const signal = AbortSignal.timeout(600_000);
const PLATFORMS = ["amd64", "arm64", "riscv64", "s390x"];
const platforms = PLATFORMS.map((architecture) => imageOf([layer(architecture, 2_000)], { os: "linux", architecture }));
const index = indexOf(platforms);

type Scratch = Awaited<ReturnType<typeof scratchRegistry>>;

const requestsOf = ({ events }: Scratch): string[] =>
  events.flatMap((event) => (event.kind === "request" ? [`${event.method} ${event.path}`] : []));

async function withIndex() {
  const source = await scratchRegistry();
  await pushImage(index, { registry: source.host, repository: "app", tag: "v1" }, signal);
  return source;
}

async function copy(source: string, target: string): Promise<void> {
  const { terminal } = captureTerminal();
  expect(await run(["copy", `${source}/app:v1`, `${target}/app`], terminal, signal)).toBe(0);
}

describe("a copy of one image", () => {
  it("lists the tags of an index's repository instead of asking for the cosign tags of each platform", async () => {
    await using source = await withIndex();
    await using target = await scratchRegistry();
    await copy(source.host, target.host);
    const asked = requestsOf(source);
    expect(asked.filter((line) => line.includes("/tags/list"))).toHaveLength(1);
    expect(asked.filter((line) => line.includes("sha256-"))).toEqual([]);
  });

  it("copies the signature of a platform, which the listing names", async () => {
    await using source = await withIndex();
    await using target = await scratchRegistry();
    const signed = platforms[2]?.root.descriptor.digest;
    if (signed === undefined) throw new Error("the index has more platforms");
    const tag = signatureTag(signed);
    await pushImage(signatureOf(signed), { registry: source.host, repository: "app", tag }, signal);
    await copy(source.host, target.host);
    expect([...(target.catalog.find("app")?.tags.keys() ?? [])].toSorted()).toEqual([tag, "v1"].toSorted());
  });

  it("asks what the target lacks while the source is asked what is attached", async () => {
    await using source = await withIndex();
    await using target = await scratchRegistry();
    const attached = Promise.withResolvers<void>();
    const isAboutAttached = ({ url = "" }: IncomingMessage): boolean => /\/referrers\/|\/tags\/list/.test(url);
    await using near = await startFaultProxy(
      source.host,
      {
        hits: isAboutAttached,
        times: Number.POSITIVE_INFINITY,
        async act(passing) {
          await attached.promise;
          await pass(passing);
        },
      },
      Math.random,
    );
    const copying = copy(near.host, target.host);
    const questions = (): string[] => requestsOf(target).filter((line) => /^HEAD .*\/blobs\//.test(line));
    // The configuration of the index's platforms: those that are missing are sent without another question.
    await eventually("the comparison", () => (questions().length >= PLATFORMS.length ? true : undefined));
    attached.resolve();
    await copying;
  });

  it("asks for all blobs at once, before it knows which manifests the target lacks", async () => {
    await using source = await withIndex();
    await using target = await scratchRegistry();
    const blobs = new Set(platforms.flatMap(({ blobs: all }) => all.map(({ descriptor }) => descriptor.digest)));
    const asked = Promise.withResolvers<void>();
    const waiting = new Set<string>();
    const isAboutBlob = ({ method, url = "" }: IncomingMessage): boolean =>
      method === "HEAD" && url.includes("/blobs/");
    await using far = await startFaultProxy(
      target.host,
      {
        hits: isAboutBlob,
        times: Number.POSITIVE_INFINITY,
        async act(passing) {
          waiting.add(passing.request.url ?? "");
          if (waiting.size === blobs.size) asked.resolve();
          await asked.promise;
          await pass(passing);
        },
      },
      Math.random,
    );
    await copy(source.host, far.host);
    expect(waiting.size).toBe(blobs.size);
  });

  it("asks for no layer where the tag is there already", async () => {
    await using source = await withIndex();
    await using target = await scratchRegistry();
    await copy(source.host, target.host);
    const before = requestsOf(target).length;
    await copy(source.host, target.host);
    const layers = platforms.map((_, number) => layer(PLATFORMS[number] ?? "", 2_000).descriptor.digest);
    const asked = requestsOf(target).slice(before);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((line) => layers.some((digest) => line.includes(digest)))).toEqual([]);
  });

  it("asks each question once, although it asks many at the same time", async () => {
    await using source = await withIndex();
    await using target = await scratchRegistry();
    const before = requestsOf(source).length;
    await copy(source.host, target.host);
    const asked = [...requestsOf(source).slice(before), ...requestsOf(target).map((line) => `target: ${line}`)];
    const questions = asked.filter((line) => /\b(?:GET|HEAD) /.test(line));
    expect(questions).toEqual([...new Set(questions)]);
  });
});
