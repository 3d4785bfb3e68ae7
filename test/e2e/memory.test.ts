import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { startLink } from "../../bench/link/link.ts";
import { measure } from "../../bench/measure.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { startDockerRegistry } from "../fixtures/real/docker-registry.ts";

const MB = 1_000_000;

describe("memory", () => {
  it("P02: is at most 100 MB more for a large layer than for a small one, also when it is read ahead from a slow source", async () => {
    await using folder = await temporaryFolder();
    await using target = await startDockerRegistry();
    const source = await startRegistry({
      directory: folder.path,
      files: await openRegistryFiles(folder.path),
      profile: specificationProfile,
    });
    // 25 MB/s for each connection, as object stores have it.
    await using slow = await startLink(source.host, { roundTripMs: 30, bytesPerMs: 25_000 });
    const peak = async (name: string, bytes: number, from = source.host): Promise<number> => {
      const image = imageOf([layer(name, bytes)], { os: "linux", architecture: "amd64" });
      await pushImage(image, { registry: source.host, repository: name, tag: "v1" }, AbortSignal.timeout(600_000));
      const command = [
        process.execPath,
        resolve("cli/main.ts"),
        "copy",
        `${from}/${name}:v1`,
        `${target.host}/${name}:v1`,
      ];
      return (await measure([command])).memoryBytes;
    };
    const small = await peak("small", 20 * MB);
    const large = await peak("large", 500 * MB);
    const ahead = await peak("ahead", 200 * MB, slow.host);
    await source.close();
    expect(small).toBeGreaterThan(30 * MB);
    expect(large - small).toBeLessThan(100 * MB);
    expect(ahead - small).toBeLessThan(100 * MB);
  }, 600_000);
});
