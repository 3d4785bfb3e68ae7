import type { Metafile } from "esbuild";
import { execFile } from "node:child_process";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMAND_BUDGETS } from "../../bench/load-budgets.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import manifest from "../../package.json" with { type: "json" };
import { loadedBy } from "../fixtures/processes/loaded-modules.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { startForwardProxy } from "../fixtures/servers/forward-proxy.ts";
import { startOtlpReceiver } from "../fixtures/servers/otlp-receiver.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";

const execute = promisify(execFile);
const BUILD = fileURLToPath(new URL("../../build.ts", import.meta.url));

describe("the command that npm run build writes, in a folder without dependencies", () => {
  const parts = new AsyncDisposableStack();
  let folder = "";
  let program = "";

  beforeAll(async () => {
    folder = parts.use(await temporaryFolder()).path;
    program = join(folder, "freightliner.mjs");
    await execute(process.execPath, [BUILD, folder, "--inputs", join(folder, "inputs.json")]);
  });
  afterAll(() => parts.disposeAsync());

  const environment = () => ({
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_CACHE_HOME: join(folder, "cache"),
  });
  const run = (...args: string[]) => execute(process.execPath, [program, ...args], { env: environment() });

  /** What a command line loads: modules of Node, and the packages and bytes of bundled code. */
  async function loaded(...args: string[]) {
    const { files, builtins } = await loadedBy([program, ...args], folder, environment());
    const { outputs }: Metafile = JSON.parse(await readFile(join(folder, "inputs.json"), "utf8"));
    // Node's hooks do not see the command's own script.
    const all = files.some((url) => url.endsWith("/start-cached.mjs")) ? [...files, `${folder}/${args[0]}.cjs`] : files;
    const used = Object.entries(outputs).filter(([path]) =>
      all.some((url) => url.endsWith(path.replace(/^(\.\.\/)*/, "/"))),
    );
    const inputs = used
      .flatMap(([, output]) => Object.entries(output.inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const packages = inputs
      .map(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
      .filter((name) => name !== undefined);
    return {
      builtins,
      packages: [...new Set(packages)].toSorted(),
      bytes: used.reduce((sum, [, { bytes }]) => sum + bytes, 0),
    };
  }

  it("says its version", async () => {
    expect((await run("--version")).stdout).toBe(`${manifest.version}\n`);
  });

  it("reads what the API of a stack answers, and needs no other part of it for that", async () => {
    await using server = await scriptedServer(({ url }, response) => {
      response.setHeader("content-type", "application/json");
      response.end(url.startsWith("/health") ? JSON.stringify({ status: "ok", version: manifest.version }) : "[]");
    });
    const api = ["--api", `http://${server.host}`];
    expect((await run("deletes", ...api)).stdout).toBe("no tag is to be deleted\n");
    expect((await run("doctor", ...api)).stdout).toContain("1 check, all passed");
    expect((await run("jobs", "list", ...api)).stdout).toBe("there are no jobs\n");
  });

  it("copies an image", async () => {
    await using registries = await twoRegistries();
    const { source, target, digest } = registries;
    await run("copy", source, target);
    expect((await run("digest", target)).stdout).toContain(digest);
  });

  it("copies the tags that match a pattern, between registries that a file describes", async () => {
    await using registries = await twoRegistries();
    const { source, target, digest } = registries;
    const file = join(folder, "registries.yaml");
    await writeFile(file, `registries: { "${target.replace("/app:v1", "")}": { plainHttp: true } }\n`);
    await run("copy", "--registries", file, "--tags", "v*", source.replace(":v1", ""), target.replace(":v1", ""));
    expect((await run("digest", target)).stdout).toContain(digest);
  });

  it("says which field of a registries file is wrong", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, "registries: { localhost: { plainHtp: true } }\n");
    const failed = run("copy", "--registries", file, "localhost/a:v1", "localhost/b:v1");
    await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("plainHtp") });
  });

  describe("the compiled code of a copy", () => {
    const codeFile = async () => {
      const caches = join(folder, "cache", "freightliner");
      const names = await readdir(caches, { recursive: true });
      return join(caches, names.find((name) => name.endsWith("copy.code")) ?? "");
    };
    /** Changes with each writing, because the file is replaced. */
    const writing = async () => (await stat(await codeFile(), { bigint: true })).mtimeNs;
    /** Copies an image twice, so that the second process has nothing to send. */
    async function copyTwice() {
      await using registries = await twoRegistries();
      for (const _ of [1, 2]) await run("copy", registries.source, registries.target);
    }

    it("is kept for the next process, which compiles with it and keeps no other", async () => {
      await copyTwice();
      const written = await writing();
      await copyTwice();
      expect(await writing()).toBe(written);
    });

    it("is renewed by a process that calls more functions", async () => {
      await rm(await codeFile());
      await run("copy", "--help");
      const { size } = await stat(await codeFile());
      await copyTwice();
      expect((await stat(await codeFile())).size).toBeGreaterThan(size * 1.5);
    });

    it("is not used when the file is damaged", async () => {
      await copyTwice();
      const path = await codeFile();
      const bytes = await readFile(path);
      const middle = Math.floor(bytes.byteLength / 2);
      bytes[middle] = ~(bytes[middle] ?? 0);
      await writeFile(path, bytes);
      await copyTwice();
      expect((await readFile(path)).equals(bytes)).toBe(false);
    });

    it("is not needed: a folder that cannot be written is passed over", async () => {
      await using registries = await twoRegistries();
      const env = { ...environment(), XDG_CACHE_HOME: "/dev/null" };
      await execute(process.execPath, [program, "copy", registries.source, registries.target], { env });
      expect((await run("digest", registries.target)).stdout).toContain(registries.digest);
    });
  });

  it("sends the spans of a copy to the collector that its environment names", async () => {
    await using registries = await twoRegistries();
    await using receiver = await startOtlpReceiver();
    const env = { ...environment(), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    await execute(process.execPath, [program, "copy", registries.source, registries.target], { env });
    const names = receiver.spans.map(({ name }) => name).toSorted();
    expect(names).toEqual(["blob", "blob", "copy", "publish", "read"]);
  });

  it("asks a proxy for a tunnel to a registry that is reached over HTTPS", async () => {
    await using proxy = await startForwardProxy({ leadsTo: () => undefined, login: "user:password" });
    const env = { ...environment(), HTTPS_PROXY: `http://${proxy.host}` };
    const failed = execute(process.execPath, [program, "digest", "registry.example.com/app:v1"], { env });
    await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining("proxy") });
    expect(new Set(proxy.asked.map(({ line }) => line))).toEqual(new Set(["CONNECT registry.example.com:443"]));
  });

  it("exits with 2 when it is used wrongly, and says how it is used", async () => {
    await expect(run("copy", "--fats")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("--fats") });
  });

  it("shows help without loading a client, a parser of files or modules for sockets and programs", async () => {
    const { packages, bytes, builtins } = await loaded("help");
    expect(packages).toEqual(COMMAND_BUDGETS.help.packages);
    expect(bytes).toBeLessThan(COMMAND_BUDGETS.help.bytes);
    for (const name of ["child_process", "crypto", "dgram", "http", "tls", "worker_threads"])
      expect(builtins).not.toContain(name);
  });

  it("copies an image with what a copy needs: no SDK, no YAML, no patterns, and no TLS for plain HTTP", async () => {
    await using registries = await twoRegistries();
    const { packages, bytes, builtins } = await loaded("copy", registries.source, registries.target);
    expect(packages).toEqual(COMMAND_BUDGETS.copy.packages);
    expect(bytes).toBeLessThan(COMMAND_BUDGETS.copy.bytes);
    for (const name of ["child_process", "dgram", "http2", "https", "tls"]) expect(builtins).not.toContain(name);
  });
});

/** A registry with a small image, and an empty one. */
async function twoRegistries() {
  await using opening = new AsyncDisposableStack();
  const source = opening.use(await scratchRegistry());
  const target = opening.use(await scratchRegistry());
  const { root } = await pushSmallImage(source.host);
  const parts = opening.move();
  return {
    source: `${source.host}/app:v1`,
    target: `${target.host}/app:v1`,
    digest: root.descriptor.digest,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function pushSmallImage(registry: string) {
  const image = imageOf([layer("built", 100_000)], { os: "linux", architecture: "amd64" });
  await pushImage(image, { registry, repository: "app", tag: "v1" }, AbortSignal.timeout(60_000));
  return image;
}
