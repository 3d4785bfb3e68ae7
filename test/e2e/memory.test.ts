import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { measure } from "../../bench/measure.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { startDockerRegistry } from "../fixtures/real/docker-registry.ts";

const MB = 1_000_000;

describe("memory", () => {
  it("P02: does not grow with the size of a layer", async () => {
    await using folder = await temporaryFolder();
    await using target = await startDockerRegistry();
    const source = await startRegistry({
      directory: folder.path,
      files: await openRegistryFiles(folder.path),
      profile: specificationProfile,
    });
    const peak = async (name: string, bytes: number): Promise<number> => {
      const image = imageOf([layer(name, bytes)], { os: "linux", architecture: "amd64" });
      await pushImage(image, { registry: source.host, repository: name, tag: "v1" }, AbortSignal.timeout(600_000));
      const command = [
        process.execPath,
        resolve("cli/main.ts"),
        "copy",
        `${source.host}/${name}:v1`,
        `${target.host}/${name}:v1`,
      ];
      return (await measure([command])).memoryBytes;
    };
    const small = await peak("small", 20 * MB);
    const large = await peak("large", 500 * MB);
    await source.close();
    expect(small).toBeGreaterThan(30 * MB);
    expect(large - small).toBeLessThan(100 * MB);
  }, 600_000);
});
