import { execFile } from "node:child_process";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { bytesAtStart, codeAtStart } from "../../bench/bytes-at-start.ts";
import { pushDemo, verifyDemo } from "../../local/demo.ts";
import { startStack } from "../../local/stack/stack.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

const run = promisify(execFile);

const EXAMPLE = join("infra", "example-configuration.json");

function synth(directory: string, config = EXAMPLE): Promise<{ stdout: string; stderr: string }> {
  const cdk = join("node_modules", "aws-cdk", "bin", "cdk");
  return run(process.execPath, [cdk, "synth", "--quiet", "--output", directory, "-c", `config=${config}`], {
    timeout: 600_000,
  });
}

/** What Node may compile of a function at its cold start, minified. */
const MOST_BYTES = {
  "fan-out": 523_000,
  copy: 1_080_000,
  probe: 1_030_000,
  reconcile: 1_090_000,
  seal: 520_000,
  canary: 1_000_000,
} as const;

interface Synthesised {
  readonly Resources: Record<
    string,
    { Type: string; Properties?: { FunctionName?: string; Code?: { S3Key?: string } } }
  >;
}

async function templateIn(output: string): Promise<Synthesised> {
  return JSON.parse(await readFile(join(output, "freightliner.template.json"), "utf8"));
}

/** The bundled module of each function, by the end of the function's name. */
async function bundlesOf(output: string, { Resources }: Synthesised): Promise<Map<string, string>> {
  const functions = Object.values(Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
  return new Map(
    functions.map(({ Properties }) => {
      const hash = Properties?.Code?.S3Key?.replace(".zip", "") ?? "";
      const name = /^freightliner-(.*)-eu-central-1$/.exec(Properties?.FunctionName ?? "")?.[1] ?? "";
      return [name, join(output, `asset.${hash}`, "index.mjs")];
    }),
  );
}

/** OpenTelemetry is in the bundle, and no part of it among what each cold start compiles. */
async function expectTracingOnDemand(bundle: string): Promise<void> {
  // A text that OpenTelemetry's API has, also minified.
  const mark = "opentelemetry.js.api";
  const names = (await readdir(dirname(bundle))).filter((name) => name.endsWith(".mjs"));
  const texts = await Promise.all(names.map((name) => readFile(join(dirname(bundle), name), "utf8")));
  expect(texts.some((text) => text.includes(mark))).toBe(true);
  expect(codeAtStart(bundle).some((text) => text.includes(mark))).toBe(false);
}

/** An ECR event ends as an image in the Artifact-Registry-like target, with a federated token, by the bundles alone. */
async function replicateWith(entryOf: (name: string) => URL): Promise<void> {
  await using stack = await startStack({
    concurrency: 2,
    timeoutSeconds: 30,
    entryOf,
    reconcileAfterMs: 3_600_000,
    canaryAfterMs: 3_600_000,
    canary: true,
  });
  await pushDemo(stack, AbortSignal.timeout(600_000));
  expect(await verifyDemo(stack, AbortSignal.timeout(600_000))).toMatchObject({ manifests: 5, blobs: 10 });
  expect(await stack.reconcile()).toMatchObject({ kind: "returned", value: { outcome: "finished" } });
  expect(await stack.seal()).toMatchObject({ kind: "returned", value: { sealed: expect.any(Number) } });
  expect(await stack.canary()).toMatchObject({ kind: "returned", value: { pushed: true } });
  expect(await stack.probe()).toEqual({ kind: "returned", value: { local: "leave" } });
}

describe("cdk synth", () => {
  it("bundles the functions reproducibly, and passes cdk-nag, without account and network", async () => {
    await using folder = await temporaryFolder();
    const output = join(folder.path, "out");
    const again = join(folder.path, "again");
    await Promise.all([synth(output), synth(again)]);
    const template = await templateIn(output);
    // Assets are named by their hash.
    expect((await templateIn(again)).Resources).toEqual(template.Resources);
    expect(Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function")).toHaveLength(8);
    const bundles = await bundlesOf(output, template);
    for (const [name, most] of Object.entries(MOST_BYTES)) {
      const size = bytesAtStart(bundles.get(name) ?? "");
      expect([name, size <= most ? "small enough" : size]).toEqual([name, "small enough"]);
    }
    for (const name of ["fan-out", "copy"]) await expectTracingOnDemand(bundles.get(name) ?? "");
    await replicateWith((name) => pathToFileURL(bundles.get(name) ?? ""));
  }, 600_000);

  it("exits with 1 and names the field when the configuration is invalid", async () => {
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
    const failed = synth(join(folder.path, "out"), file);
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(/source\.account: is not a 12-digit[\s\S]*extra/),
    });
  }, 600_000);
});
