import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import manifest from "../../package.json" with { type: "json" };
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";

const execute = promisify(execFile);
const BUILD = fileURLToPath(new URL("../../build.ts", import.meta.url));

describe("the command that npm run build writes, in a folder without dependencies", () => {
  const parts = new AsyncDisposableStack();
  let folder = "";

  beforeAll(async () => {
    folder = parts.use(await temporaryFolder()).path;
    await execute(process.execPath, [BUILD, folder]);
  });
  afterAll(() => parts.disposeAsync());

  const run = (...args: string[]) =>
    execute(process.execPath, [join(folder, "freightliner.mjs"), ...args], {
      env: { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
    });

  it("says its version", async () => {
    expect((await run("--version")).stdout).toBe(`${manifest.version}\n`);
  });

  it("copies an image", async () => {
    await using source = await scratchRegistry();
    await using target = await scratchRegistry();
    const image = imageOf([layer("built", 100_000)], { os: "linux", architecture: "amd64" });
    const place = { registry: source.host, repository: "app", tag: "v1" };
    await pushImage(image, place, AbortSignal.timeout(60_000));
    await run("copy", `${source.host}/app:v1`, `${target.host}/app:v1`);
    const { stdout } = await run("digest", `${target.host}/app:v1`);
    expect(stdout).toContain(image.root.descriptor.digest);
  });

  it("exits with 2 when it is used wrongly, and says how it is used", async () => {
    await expect(run("copy", "--fats")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("--fats") });
  });
});
