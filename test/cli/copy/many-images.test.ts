import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../../cli/errors/exit-code.ts";
import { Interruption } from "../../../cli/errors/interruption.ts";
import { run } from "../../../cli/run.ts";
import { imageOf, layer } from "../../../local/images/image-content.ts";
import type { ImageContent } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { pass, startFaultProxy } from "../../fixtures/servers/fault-proxy.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";

const signal = AbortSignal.timeout(600_000);
const AMD64 = { os: "linux", architecture: "amd64" };
const shared = layer("shared by many", 30_000);

type Scratch = Awaited<ReturnType<typeof scratchRegistry>>;

/** A repository `app` with tags from `v10` on, whose images have one layer in common and one of their own. */
async function sourceWith(count: number, isSharing = true) {
  const source = await scratchRegistry();
  const images = new Map<string, ImageContent>();
  for (let index = 0; index < count; index++) {
    const tag = `v${index + 10}`;
    const image = imageOf([...(isSharing ? [shared] : []), layer(`own of ${tag}`, 2_000)], AMD64);
    images.set(tag, image);
    await pushImage(image, { registry: source.host, repository: "app", tag }, signal);
  }
  return Object.assign(source, { images });
}

async function copyAll(from: string, to: string, options: readonly string[] = [], aborting = signal) {
  const { terminal, out, err } = captureTerminal();
  const code = await run(["copy", `${from}/app`, `${to}/app`, "--all-tags", ...options], terminal, aborting);
  return { code, out: out(), err: err() };
}

/** A proxy that holds back matching requests until they are released. */
async function holding(behind: string, hits: (request: IncomingMessage) => boolean) {
  const held: string[] = [];
  const gate = Promise.withResolvers<void>();
  const proxy = await startFaultProxy(
    behind,
    {
      hits,
      times: Number.POSITIVE_INFINITY,
      async act(passing) {
        held.push(passing.request.url ?? "");
        await gate.promise;
        await pass(passing);
      },
    },
    Math.random,
  );
  return Object.assign(proxy, { held, release: gate.resolve });
}

const isManifestByTag = ({ method, url }: IncomingMessage): boolean =>
  method === "GET" && /\/manifests\/v\d+$/.test(url ?? "");
const storedBlobs = ({ events }: Scratch): string[] =>
  events.flatMap((event) => (event.kind === "blob-stored" ? [event.digest] : []));
const tagsOf = ({ catalog }: Scratch): string[] => [...(catalog.find("app")?.tags.keys() ?? [])].toSorted();
const requestsOf = ({ events }: Scratch): string[] =>
  events.flatMap((event) => (event.kind === "request" ? [`${event.method} ${event.path}`] : []));
const tagsIn = (text: string): (string | undefined)[] => [...text.matchAll(/app:(v\d+) /g)].map(([, tag]) => tag);

describe("a copy of many images", () => {
  it("copies as many at once as --parallel says, and no more", async () => {
    await using source = await sourceWith(9);
    await using target = await scratchRegistry();
    const started = new Set<string>();
    let most = 0;
    await using near = await holding(source.host, (request) => {
      if (!isManifestByTag(request)) return false;
      started.add(request.url ?? "");
      const ended = target.events.filter((event) => event.kind === "manifest-stored").length;
      most = Math.max(most, started.size - ended);
      if (started.size === 3) near.release();
      return true;
    });
    expect((await copyAll(near.host, target.host, ["--parallel", "3"])).code).toBe(ExitCode.ok);
    expect(most).toBe(3);
    expect(tagsOf(target)).toEqual([...source.images.keys()]);
  });

  it("sends a layer that several images need at the same time once", async () => {
    await using source = await sourceWith(6);
    await using target = await scratchRegistry();
    const compared = new Set<string>();
    await using far = await holding(target.host, ({ method, url }) => method === "POST" && url !== undefined);
    await using near = await startFaultProxy(
      source.host,
      {
        // The uploads begin once every image has been read.
        hits: isManifestByTag,
        times: Number.POSITIVE_INFINITY,
        async act(passing) {
          compared.add(passing.request.url ?? "");
          await pass(passing);
          if (compared.size === 6) far.release();
        },
      },
      Math.random,
    );
    expect((await copyAll(near.host, far.host)).code).toBe(ExitCode.ok);
    const stored = storedBlobs(target);
    expect(stored.filter((digest) => digest === shared.descriptor.digest)).toHaveLength(1);
    expect(stored.toSorted()).toEqual([...new Set(stored)].toSorted());
    expect(requestsOf(source).filter((line) => line === `GET /v2/app/blobs/${shared.descriptor.digest}`)).toHaveLength(
      1,
    );
    expect(tagsOf(target)).toHaveLength(6);
  });

  it("reports the images in the order of the list, whichever ends first", async () => {
    await using source = await sourceWith(5);
    await using target = await scratchRegistry();
    await using near = await holding(source.host, (request) => request.url?.endsWith("/manifests/v10") === true);
    target.on((event) => event.kind === "manifest-stored" && tagsOf(target).length === 4 && near.release());
    const { code, out } = await copyAll(near.host, target.host);
    expect(code).toBe(ExitCode.ok);
    expect(tagsIn(out)).toEqual([...source.images.keys()]);
  });

  it("copies the others when one fails, reports it in its place, and names it at the end", async () => {
    await using source = await sourceWith(5);
    await using target = await scratchRegistry();
    const own = source.images.get("v12")?.blobs.find(({ descriptor }) => descriptor !== shared.descriptor);
    source.catalog.find("app")?.blobs.delete(own?.descriptor.digest ?? "sha256:");
    const { code, out, err } = await copyAll(source.host, target.host);
    expect(code).toBe(ExitCode.failed);
    expect(tagsOf(target)).toEqual(["v10", "v11", "v13", "v14"]);
    expect(tagsIn(out)).toEqual(["v10", "v11", "v13", "v14"]);
    expect(err.match(/app:v12 was not copied/g)).toHaveLength(1);
    const name = `${source.host}/app:v12`;
    expect(err.endsWith(`failed: ${name}\n5 images: 4 copied, 0 already present, 1 failed\n`)).toBe(true);
  });

  it("reports what it has copied when it is interrupted, and leaves no open upload", async () => {
    await using source = await sourceWith(5);
    await using target = await scratchRegistry();
    const last = source.images.get("v14")?.blobs.at(-1)?.descriptor.digest ?? "";
    const abort = new AbortController();
    await using far = await holding(target.host, ({ method, url = "" }) => {
      return method === "PUT" && url.includes("/blobs/uploads/") && decodeURIComponent(url).includes(last);
    });
    const { terminal, out, err } = captureTerminal();
    const args = ["copy", `${source.host}/app`, `${far.host}/app`, "--all-tags"];
    const running = run(args, terminal, abort.signal);
    await eventually("the others are copied", () => (tagsIn(out()).length === 4 ? true : undefined));
    abort.abort(new Interruption("interrupted", ExitCode.interrupted));
    expect(await running).toBe(ExitCode.interrupted);
    far.release();
    expect(far.held).toHaveLength(1);
    const session = far.held[0]?.split("?")[0] ?? "";
    expect(requestsOf(target).map((line) => line.split("?")[0])).toContain(`DELETE ${session}`);
    expect(tagsIn(out())).toEqual(["v10", "v11", "v12", "v13"]);
    expect(err()).toContain("5 images: 4 copied, 0 already present, 0 failed, 1 not done\n");
  });

  it("that was killed before its first tag is resumed with the missing content, and sends nothing twice", async () => {
    await using source = await sourceWith(24);
    await using target = await scratchRegistry();
    const args = ["copy", `${source.host}/app`, `${target.host}/app`, "--all-tags", "--parallel", "4", "--jobs", "2"];
    const child = spawn(process.execPath, ["cli/main.ts", ...args], { stdio: "ignore" });
    target.on(({ kind }) => kind === "blob-stored" && storedBlobs(target).length === 3 && child.kill("SIGKILL"));
    await once(child, "exit");
    const first = storedBlobs(target).length;
    expect(first).toBeGreaterThan(2);
    expect((await copyAll(source.host, target.host)).code).toBe(ExitCode.ok);
    const stored = storedBlobs(target);
    expect(stored.toSorted()).toEqual([...new Set(stored)].toSorted());
    expect(tagsOf(target)).toHaveLength(24);
  });

  it("into a new repository costs one listing, and two questions for each of the first images only", async () => {
    await using source = await sourceWith(20, false);
    await using target = await scratchRegistry();
    const before = requestsOf(source).length;
    await copyAll(source.host, target.host, ["--parallel", "1"]);
    const asked = requestsOf(target).filter((line) => line.startsWith("HEAD "));
    expect(asked).toHaveLength(16 * 2);
    // The listing; for each image POST and PUT of its configuration and its layer, and PUT of its manifest.
    expect(requestsOf(target)).toHaveLength(1 + asked.length + 20 * 5);
    // The listing; for each image its manifest, the list of its referrers, its configuration and its layer.
    expect(requestsOf(source)).toHaveLength(before + 1 + 20 * 4);
  });

  it("that the target has costs one request per image there", async () => {
    await using source = await sourceWith(6);
    await using target = await scratchRegistry();
    await copyAll(source.host, target.host);
    const before = requestsOf(target).length;
    expect((await copyAll(source.host, target.host)).err).toBe("6 images: 0 copied, 6 already present, 0 failed\n");
    expect(requestsOf(target).slice(before).toSorted()).toEqual(
      [
        "GET /v2/app/tags/list?n=1000",
        ...[...source.images.keys()].map((tag) => `HEAD /v2/app/manifests/${tag}`),
      ].toSorted(),
    );
  });
});

describe("a dry run of many images", () => {
  it("plans to send each blob once, with the first image of the list that needs it", async () => {
    await using source = await sourceWith(5);
    await using target = await scratchRegistry();
    const { out } = await copyAll(source.host, target.host, ["--dry-run", "--json", "--quiet"]);
    expect(requestsOf(target).filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([]);
    interface Planned {
      readonly target: string;
      readonly plan: {
        readonly send: readonly { readonly digest: string }[];
        readonly present: { readonly blobs: number };
      };
    }
    const planned = out
      .trimEnd()
      .split("\n")
      .map((line): Planned => JSON.parse(line));
    expect(planned.map(({ target: name }) => name.split(":").at(-1))).toEqual([...source.images.keys()]);
    const sent = planned.flatMap(({ plan }) => plan.send.map(({ digest }) => digest));
    await copyAll(source.host, target.host);
    expect(storedBlobs(target).toSorted()).toEqual(sent.toSorted());
    const senders = planned.filter(({ plan }) => plan.send.some(({ digest }) => digest === shared.descriptor.digest));
    expect(senders).toEqual([planned[0]]);
    expect(planned[1]?.plan.present.blobs).toBe(1);
  });
});

describe("copy --all-tags of any repository", () => {
  it("lists the tags of the target while the source still lists its own", async () => {
    await using source = await sourceWith(4);
    await using target = await scratchRegistry();
    const isListing = ({ url }: IncomingMessage): boolean => url?.includes("tags/list") === true;
    await using slow = await holding(source.host, isListing);
    const copying = copyAll(slow.host, target.host);
    const listings = () =>
      target.events.filter((event) => event.kind === "request" && event.path.includes("tags/list"));
    await eventually("the target lists its tags", () => (listings().length > 0 ? true : undefined));
    slow.release();
    expect((await copying).code).toBe(ExitCode.ok);
    expect(listings()).toHaveLength(1);
  });
});

describe("copy --all-tags of a repository with more tags than its registry lists", () => {
  it("is refused: tags would be left out without a word", async () => {
    const manifest = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`sha256:${index}`, {}]));
    await using source = await scriptedServer((_got, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name: "app", tags: ["v1", "v2"], manifest }));
    });
    await using target = await scratchRegistry();
    const { code, err } = await copyAll(source.host, target.host);
    expect(code).toBe(ExitCode.usage);
    expect(err).toContain(`${source.host}/app may have more tags than Google lists; copy the tags you need by name`);
    // Its tags are listed while those of the source are.
    expect(target.events.filter((event) => event.kind === "request" && event.method !== "GET")).toEqual([]);
  });
});
