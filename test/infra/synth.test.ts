import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/programs.ts";

const run = promisify(execFile);

function synth(directory: string, ...context: string[]): Promise<{ stdout: string; stderr: string }> {
  const cdk = join("node_modules", "aws-cdk", "bin", "cdk");
  return run(process.execPath, [cdk, "synth", "--quiet", "--output", directory, ...context], { timeout: 120_000 });
}

describe("cdk synth", () => {
  it("bundles the functions and passes cdk-nag, without account and network", async () => {
    await using folder = await temporaryFolder();
    const output = join(folder.path, "out");
    await synth(output);
    const template: { Resources: Record<string, { Type: string }> } = JSON.parse(
      await readFile(join(output, "freightliner.template.json"), "utf8"),
    );
    expect(Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function")).toHaveLength(4);
  }, 120_000);

  it("ends with 1 and names the field when the configuration is wrong", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "wrong.json");
    await writeFile(
      file,
      JSON.stringify({
        version: 1,
        source: { account: "1", region: "eu-central-1" },
        destinations: [],
        rules: [],
        extra: 1,
      }),
    );
    const failed = synth(join(folder.path, "out"), "-c", `config=${file}`);
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(/source\.account: is not a 12-digit[\s\S]*extra/),
    });
  }, 60_000);
});
