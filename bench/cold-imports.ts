import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bytesAtStart } from "./bytes-at-start.ts";
import { median } from "./statistics.ts";
import { formatTable } from "./table.ts";

// `npm run bench:imports`: what Node compiles of each bundle of `cdk synth` at the start, and how long a fresh Node takes to import each, in turns.

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } });

interface Synthesised {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties: {
          readonly FunctionName: string;
          readonly Code: { readonly S3Key: string };
          readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
        };
      }
    >
  >;
}

interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly variables: Readonly<Record<string, string>>;
}

function bundlesIn(output: string): Bundle[] {
  const synthesised: Synthesised = JSON.parse(readFileSync(join(output, "freightliner.template.json"), "utf8"));
  const functions = Object.values(synthesised.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
  const layer = readdirSync(output).find((name) => name.startsWith("configuration."));
  // Lambda mounts the layer at /opt.
  const file = join(output, layer ?? "", "freightliner", "configuration.json");
  return functions.map(({ Properties: { FunctionName, Code, Environment } }) => ({
    name: FunctionName.replace(/^freightliner-|-[a-z]+-[a-z]+-\d$/g, ""),
    file: join(output, `asset.${Code.S3Key.replace(".zip", "")}`, "index.mjs"),
    variables: {
      ...Object.fromEntries(Object.entries(Environment.Variables).map(([name, value]) => [name, textOf(value)])),
      FREIGHTLINER_CONFIGURATION_FILE: file,
    },
  }));
}

/** What CloudFormation would put there: names that only a deployment knows become another name. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const joined = typeof value === "object" && value !== null && "Fn::Join" in value ? value["Fn::Join"] : undefined;
  const parts: unknown = Array.isArray(joined) ? joined[1] : undefined;
  return Array.isArray(parts) ? parts.map(textOf).join("") : "named-by-aws";
}

/** Milliseconds from the start of the import to its end, in a Node of its own. */
function importOnce({ file, variables }: Bundle): number {
  const code = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log("took", performance.now() - start)`;
  const aws = { AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" };
  const env = { ...aws, ...variables };
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { env, encoding: "utf8" });
  return Number(/took ([\d.]+)/.exec(output)?.[1]);
}

const output = mkdtempSync(join(tmpdir(), "cold-imports-"));
try {
  const configuration = ["-c", "config=infra/example-configuration.json"];
  const cdk = join("node_modules", "aws-cdk", "bin", "cdk");
  execFileSync(process.execPath, [cdk, "synth", "--quiet", ...configuration, "-o", output]);
  const bundles = bundlesIn(output);
  const times = new Map<Bundle, number[]>(bundles.map((bundle) => [bundle, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const bundle of bundles) times.get(bundle)?.push(importOnce(bundle));
  }
  const rows = bundles.map((bundle) => [
    bundle.name,
    `${Math.ceil(bytesAtStart(bundle.file) / 1_000)} KB`,
    `${median(times.get(bundle) ?? []).toFixed(0)} ms`,
  ]);
  console.log(formatTable([["function", "size", "import"], ...rows]));
} finally {
  rmSync(output, { recursive: true });
}
