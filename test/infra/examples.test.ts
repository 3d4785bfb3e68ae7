import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { readConfigurationFile } from "../../infra/settings/read-configuration.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

const run = promisify(execFile);

interface Synthesised {
  readonly Resources: Record<
    string,
    { readonly Type: string; readonly Properties?: { readonly AlarmActions?: string[] } }
  >;
}

/** The template of an example's stack, with its functions left unbundled. */
async function synthesised(example: string): Promise<Synthesised> {
  await using folder = await temporaryFolder();
  const environment = {
    ...process.env,
    CDK_OUTDIR: folder.path,
    CDK_CONTEXT_JSON: JSON.stringify({ "aws:cdk:bundling-stacks": [] }),
  };
  await run(process.execPath, [`examples/${example}/app.ts`], { env: environment });
  return JSON.parse(await readFile(join(folder.path, "images.template.json"), "utf8"));
}

describe("the examples", () => {
  it("minimal: is a complete system for one destination", async () => {
    const { Resources } = await synthesised("minimal");
    const count = (type: string): number => Object.values(Resources).filter(({ Type }) => Type === type).length;
    expect([count("AWS::Lambda::Function"), count("AWS::SQS::Queue"), count("AWS::CloudWatch::Dashboard")]).toEqual([
      6, 6, 1,
    ]);
  }, 600_000);

  it("multi-destination: has queues for each destination, notifies the team's topic, chat room and owners, and passes cdk-nag", async () => {
    const { Resources } = await synthesised("multi-destination");
    const all = Object.values(Resources);
    expect(all.filter(({ Type }) => Type === "AWS::SQS::Queue")).toHaveLength(5 + 3 * 3);
    const alarms = all.filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
    expect(alarms.length).toBeGreaterThan(20);
    for (const { Properties } of alarms) {
      expect(Properties?.AlarmActions).toContain("arn:aws:sns:eu-central-1:123456789012:on-call");
      expect(Properties?.AlarmActions).toHaveLength(2);
    }
  }, 600_000);
});

describe("a configuration file", () => {
  it.each([
    ["broken.yaml", "version: [", /configuration: is neither YAML nor JSON/],
    ["wrong.yaml", "version: 1\nsource: {account: '1', region: x}\n", /source\.account: /],
    ["absent.yaml", undefined, /configuration: cannot be read .*ENOENT/],
  ])("that is %s says what is wrong", async (name, text, problem) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, name);
    if (text !== undefined) await writeFile(file, text);
    expect(() => readConfigurationFile(file)).toThrow(problem);
  });
});
