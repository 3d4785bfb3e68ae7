import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../../cli/errors/exit-code.ts";
import { gcloudCommands } from "../../../cli/google/gcloud.ts";
import { terraform } from "../../../cli/google/terraform.ts";
import { attributeCondition } from "../../../cli/google/trusted-roles.ts";
import { federatedDestination } from "../../../cli/google/federated-destination.ts";
import { run } from "../../../cli/run.ts";
import { FreightlinerStack } from "../../../infra/freightliner-stack.ts";
import { readConfigurationFile } from "../../../infra/settings/read-configuration.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";
import { unbundledApp } from "../../infra/template.ts";
import { parseConfigurationFile } from "../../../src/contract/configuration/configuration-file.ts";

const CONFIG = "examples/multi-destination/freightliner.yaml";

async function printed(...args: string[]): Promise<{ code: ExitCode; text: string; problem: string }> {
  const { terminal, out, err } = captureTerminal();
  const code = await run(["google-setup", ...args], terminal, new AbortController().signal);
  return { code, text: out(), problem: err() };
}

describe("freightliner google-setup", () => {
  it("prints commands for pool, provider, account, and writing to the listed repositories only", async () => {
    const { code, text } = await printed("--config", CONFIG, "--stack", "images");
    const lines = text.trim().split("\n");
    expect(code).toBe(ExitCode.ok);
    expect(lines.slice(2, -1).every((line) => /^(?:if )?gcloud /.test(line))).toBe(true);
    expect(text).toContain("--account-id=123456789012");
    expect(text).toContain(
      `--attribute-condition="attribute.account == '123456789012' && attribute.aws_role in ['images-copy-eu-central-1', 'images-long-lane-eu-central-1', 'images-probe-eu-central-1', 'images-reconcile-eu-central-1']"`,
    );
    const writers = lines.filter((line) => line.includes("artifactregistry.writer"));
    expect(writers.map((line) => /repositories \S+ (\S+) --location=(\S+)/.exec(line)?.slice(1))).toEqual([
      ["images", "europe-west3"],
      ["images", "us-central1"],
    ]);
    expect(lines.filter((line) => line.includes("workloadIdentityUser"))).toHaveLength(4);
    expect(text).not.toContain("projects add-iam-policy-binding");
  });

  it("trusts no builds where the configuration has none", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "freightliner.yaml");
    await writeFile(file, `${readFileSync(CONFIG, "utf8")}\nlongLane: false\n`);
    const { code, text } = await printed("--config", file);
    expect(code).toBe(ExitCode.ok);
    expect(text).not.toContain("long-lane");
    expect(text.split("\n").filter((line) => line.includes("workloadIdentityUser"))).toHaveLength(3);
  });

  it("trusts the role of the canary where the configuration has one, and lets it only read", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "freightliner.yaml");
    const rule = "  - { repositories: [ops/canary], destinations: [europe, america, mirror], priority: 9 }\n";
    const stack = "stack:\n  canary: { repository: ops/canary }\n";
    const text = readFileSync(CONFIG, "utf8")
      .replace(/^rules:\n/m, `rules:\n${rule}`)
      .replace(/^stack:\n/m, stack);
    expect(text).toContain(stack);
    await writeFile(file, text.replaceAll(/^ *serviceAccount: .*\n/gm, ""));
    for (const format of ["gcloud", "terraform"]) {
      const { code, text: printedText, problem } = await printed("--config", file, "--format", format);
      expect([code, problem]).toEqual([ExitCode.ok, expect.any(String)]);
      const grants = printedText
        .split(format === "gcloud" ? "\n" : "\n\n")
        .filter((each) => /canary/.test(each) && /artifactregistry\./.test(each));
      expect(grants).toHaveLength(2);
      for (const grant of grants) expect(grant).toMatch(/artifactregistry\.reader/);
      expect(printedText).toMatch(/'freightliner-canary-eu-central-1'/);
    }
  });

  it("grants deletes on the repositories whose rules delete, and nowhere else", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "freightliner.yaml");
    const rule = '  - { repositories: ["prod/deleted/**"], destinations: [europe], priority: 9, deletes: mirror }\n';
    await writeFile(file, readFileSync(CONFIG, "utf8").replace(/^rules:\n/m, `rules:\n${rule}`));
    const { text, problem } = await printed("--config", file);
    expect(problem).toBe("");
    const deleters = text.split("\n").filter((line) => line.includes("artifactregistry.repoAdmin"));
    expect(deleters.map((line) => /repositories \S+ (\S+) --location=(\S+)/.exec(line)?.slice(1))).toEqual([
      ["images", "europe-west3"],
    ]);
  });

  it.each<[string, string | undefined, string[], string[]]>([
    [
      "its service account",
      "reader@project.iam.gserviceaccount.com",
      ["serviceAccount:reader@project.iam.gserviceaccount.com"],
      ["reader"],
    ],
    [
      "the functions that read it, and not the probe",
      undefined,
      ["copy", "long-lane", "reconcile"].map((name) => `attribute.aws_role/freightliner-${name}-us-east-1`),
      ["copy", "long-lane", "reconcile"].map((name) => `reader_freightliner-${name}-us-east-1`),
    ],
  ])("lets a source at Google be read by %s", async (_who, serviceAccount, members, resources) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "freightliner.json");
    const audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws1";
    const document = {
      version: 1,
      source: {
        kind: "artifactRegistry",
        account: "123456789012",
        region: "us-east-1",
        registry: "europe-docker.pkg.dev",
        prefix: "project/images",
        federation: { audience, serviceAccount },
      },
      destinations: [{ name: "us", kind: "ecr", account: "123456789012", region: "us-east-1", prefix: "g" }],
      rules: [{ repositories: ["**"], destinations: ["us"] }],
    };
    await writeFile(file, JSON.stringify(document));
    const { text, problem } = await printed("--config", file);
    expect(problem).toBe("");
    const grants = text.split("\n").filter((line) => line.includes("artifacts repositories"));
    expect(grants.map((line) => /(serviceAccount:\S+?|attribute\.\S+?)"?$/.exec(line)?.[1])).toEqual(members);
    for (const line of grants)
      expect(line).toMatch(/ images --location=europe --project=project --role=roles\/artifactregistry\.reader /);
    const written = (await printed("--config", file, "--format", "terraform")).text;
    expect([...written.matchAll(/repository_iam_member" "source_(\S+)"/g)].map(([, name]) => name)).toEqual(resources);
    expect(written).not.toContain("artifactregistry.writer");
  });

  it("prints the same as Terraform", async () => {
    const { text } = await printed("--config", CONFIG, "--format", "terraform");
    expect(text.match(/^resource "(\w+)"/gm)?.map((line) => line.split('"')[1])).toEqual([
      ...Array.from({ length: 6 }, () => "google_project_service"),
      "google_iam_workload_identity_pool",
      "google_iam_workload_identity_pool_provider",
      "google_service_account",
      ...Array.from({ length: 4 }, () => "google_service_account_iam_member"),
      ...Array.from({ length: 2 }, () => "google_artifact_registry_repository_iam_member"),
    ]);
  });

  it("knows where the gcr.io names live", () => {
    const written = readFileSync(CONFIG, "utf8").replaceAll("europe-west3-docker.pkg.dev", "eu.gcr.io");
    const { destinations, rules } = parseConfigurationFile(written).configuration;
    expect(destinations[0] && federatedDestination(destinations[0], rules)).toMatchObject({
      location: "europe",
      repository: "eu.gcr.io",
      project: "my-project",
    });
  });

  it.each(["images", "images-eu-central-1", "platform-engineering-production-container-images-to-google"])(
    "trusts the roles that the stack %s has, by names that Google's 127 bytes of subject can hold",
    async (stack) => {
      const { text } = await printed("--config", CONFIG, "--stack", stack);
      const trusted = /aws_role in \[([^\]]*)\]/.exec(text)?.[1]?.replaceAll("'", "").split(", ") ?? [];
      const template = Template.fromStack(
        new FreightlinerStack(unbundledApp(), stack, { configuration: readConfigurationFile(CONFIG) }),
      );
      const roles = Object.values(template.findResources("AWS::IAM::Role")).map((role) => role["Properties"].RoleName);
      expect(roles).toEqual(expect.arrayContaining(trusted));
      expect(trusted).toHaveLength(4);
      for (const name of trusted) expect(name.length).toBeLessThan(127);
    },
  );

  it("prints nothing that a shell or Terraform would take for more than a word", () => {
    const place = {
      destination: "d",
      projectNumber: "1",
      pool: "pool; touch x",
      provider: "$(touch y)'",
      project: 'p"\nresource "null" "z',
      location: "${file(1)}",
      repository: "%{ if true }",
      serviceAccount: undefined,
      deletesTags: false,
    };
    const roles = { account: "1", names: ["a"], deleter: "a", readers: ["a"] };
    const commands = gcloudCommands([place], roles);
    expect(commands).toContain('iam workload-identity-pools create "pool; touch x" ');
    expect(commands).toContain(`create-aws '$(touch y)'\\''' `);
    const written = terraform([place], roles);
    expect(written.match(/^resource "(?!google_project_service)/gm)).toHaveLength(3);
    expect(written).toContain('"$${file(1)}"');
    expect(written).toContain('"%%{ if true }"');
  });

  it("trusts named roles only", () => {
    expect(attributeCondition({ account: "1", names: ["a"], deleter: "a", readers: ["a"] })).not.toContain("*");
  });

  it.each([
    [[], /required option '--config <file>' not specified/],
    [["--config", "nowhere.yaml"], /nowhere\.yaml cannot be read/],
    [["--config", CONFIG, "--format", "bash"], /Allowed choices are gcloud, terraform/],
    [["--config", CONFIG, "--stack", 'x"; touch owned; "'], /--stack takes the name of a stack/],
    [["--config", "package.json"], /package\.json is not valid; correct it/],
  ])("refuses %j, and says why", async (args, problem) => {
    expect(await printed(...args)).toEqual({ code: ExitCode.usage, text: "", problem: expect.stringMatching(problem) });
  });
});
