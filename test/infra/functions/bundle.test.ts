import { App, Stack } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, bundled } from "../../../infra/functions/bundle.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";

describe("the bundle of an entry point", () => {
  it("has its own files, also when another stack of the app bundles the same entry point", async () => {
    await using folder = await temporaryFolder();
    const app = new App({ outdir: folder.path });
    const entry = "src/oci/platform.ts";
    const assets = ["one", "two"].map((text) => {
      const options = bundled({ entry, files: { "configuration.json": text } });
      return new Asset(new Stack(app, text), "Code", { path: join(ROOT, "src", "oci"), ...options });
    });
    const texts = assets.map(({ assetPath }) => readFile(join(folder.path, assetPath, "configuration.json"), "utf8"));
    expect(await Promise.all(texts)).toEqual(["one", "two"]);
  });

  it("keeps what is imported on demand out of the module that is compiled at the start", async () => {
    await using folder = await temporaryFolder();
    const stack = new Stack(new App({ outdir: folder.path }), "stack");
    const options = bundled({ entry: "src/contract/configuration/load-engines.ts" });
    const { assetPath } = new Asset(stack, "Code", { path: join(ROOT, "src", "contract"), ...options });
    const bundle = join(folder.path, assetPath);
    const modules = await readdir(bundle);
    expect(modules).toContain("index.mjs");
    expect(modules.length).toBeGreaterThan(1);
    expect(await readFile(join(bundle, "index.mjs"), "utf8")).not.toContain("RE2");
  });
});
