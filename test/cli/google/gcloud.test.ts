import { spawnSync } from "node:child_process";
import { chmod, copyFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gcloudCommands } from "../../../cli/google/gcloud.ts";
import type { FederatedDestination } from "../../../cli/google/federated-destination.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";

const roles = {
  account: "123456789012",
  names: ["images-copy-eu-central-1", "images-probe-eu-central-1"],
  deleter: "images-reconcile-eu-central-1",
  readers: ["images-copy-eu-central-1"],
};
const place: FederatedDestination = {
  destination: "europe",
  projectNumber: "1234567890",
  pool: "from-aws",
  provider: "freightliner",
  project: "my-project",
  location: "europe-west3",
  repository: "images",
  serviceAccount: {
    email: "freightliner@writers.example.com.iam.gserviceaccount.com",
    name: "freightliner",
    project: "example.com:writers",
  },
  deletesTags: false,
};

/** A folder with a fake gcloud; `run` returns the calls that commands made to it. */
async function setUp() {
  const folder = await temporaryFolder();
  const gcloud = join(folder.path, "gcloud");
  await copyFile("test/cli/google/mock-gcloud.sh", gcloud);
  await chmod(gcloud, 0o755);
  return {
    ...folder,
    async run(commands: string) {
      await rm(join(folder.path, "calls"), { force: true });
      const { status, stderr } = spawnSync("/bin/sh", {
        input: commands,
        encoding: "utf8",
        env: { PATH: `${folder.path}:/usr/bin:/bin`, MOCK_GCLOUD_STATE: folder.path },
      });
      const calls = await readFile(join(folder.path, "calls"), "utf8").catch(() => "");
      return {
        status,
        stderr,
        calls: calls
          .split("CALL\n")
          .slice(1)
          .map((call) => call.trimEnd().split("\n")),
      };
    },
  };
}

describe("the commands for gcloud", () => {
  it("run in a shell, each word as it is meant, and turn the APIs on in every project", async () => {
    await using shell = await setUp();
    const { status, stderr, calls } = await shell.run(gcloudCommands([place], roles));
    expect([status, stderr]).toEqual([0, ""]);
    const enabled = calls.filter(([, verb]) => verb === "enable").map((words) => words.slice(2));
    expect(enabled).toEqual([
      ["iam.googleapis.com", "iamcredentials.googleapis.com", "sts.googleapis.com", "--project=1234567890"],
      ["iam.googleapis.com", "iamcredentials.googleapis.com", "--project=example.com:writers"],
      ["artifactregistry.googleapis.com", "--project=my-project"],
    ]);
    expect(calls.find((words) => words.includes("create-aws"))).toEqual([
      "iam",
      "workload-identity-pools",
      "providers",
      "create-aws",
      "freightliner",
      "--location=global",
      "--project=1234567890",
      "--workload-identity-pool=from-aws",
      "--account-id=123456789012",
      expect.stringMatching(
        /^--attribute-mapping=google\.subject=assertion\.arn\.extract\('assumed-role\/\{role\}\/'\),/,
      ),
      "--attribute-condition=attribute.account == '123456789012' && attribute.aws_role in ['images-copy-eu-central-1', 'images-probe-eu-central-1']",
    ]);
  });

  it("can be run again: nothing is created twice, and the provider trusts what it should by now", async () => {
    await using shell = await setUp();
    const first = await shell.run(gcloudCommands([place], roles));
    const again = await shell.run(gcloudCommands([place], { ...roles, names: ["images-copy-eu-central-1"] }));
    const created = ({ calls }: typeof first) =>
      calls.filter((words) => words.some((word) => word.startsWith("create")));
    expect([first.status, created(first).length]).toEqual([0, 3]);
    expect([again.status, again.stderr, created(again).length]).toEqual([0, "", 0]);
    expect(again.calls.find((words) => words.includes("update-aws"))?.at(-1)).toContain(
      "in ['images-copy-eu-central-1']",
    );
  });

  it("end at the first that fails, with its status, and leave the shell open", async () => {
    await using shell = await setUp();
    const broken = gcloudCommands([place], roles).replaceAll(
      "workload-identity-pools create",
      "no-such-command; false",
    );
    const { status, calls } = await shell.run(broken);
    expect(status).not.toBe(0);
    expect(calls.some((words) => words.includes("create-aws"))).toBe(false);
  });

  it("let the role of the comparison delete tags, and no other one, where rules delete and there is no service account", async () => {
    await using shell = await setUp();
    const { calls } = await shell.run(
      gcloudCommands([{ ...place, serviceAccount: undefined, deletesTags: true }], roles),
    );
    const deleting = calls.filter((words) => words.includes("--role=roles/artifactregistry.repoAdmin"));
    expect(deleting.map((words) => words.at(-1))).toEqual([
      expect.stringMatching(/attribute\.aws_role\/images-reconcile-eu-central-1$/),
    ]);
  });

  it("are taken by bash as by sh, and hold no more than words, whatever a name is", async () => {
    await using shell = await setUp();
    const odd = ["$(touch x)", "`touch x`", "a'b", 'a"b', "a\\b", "!!", "a b;touch x", "*", "~", "a\nb", "${HOME}"];
    for (const repository of odd) {
      const commands = gcloudCommands([{ ...place, repository, serviceAccount: undefined }], roles);
      expect(spawnSync("bash", ["-n"], { input: commands }).status).toBe(0);
      const { calls } = await shell.run(commands);
      const bound = calls.filter((words) => words[0] === "artifacts");
      expect(bound.map((words) => words.join("\n"))).toEqual([
        expect.stringContaining(`add-iam-policy-binding\n${repository}\n--location=`),
        expect.stringContaining(`add-iam-policy-binding\n${repository}\n--location=`),
      ]);
    }
    await expect(readFile(join(shell.path, "x"))).rejects.toThrow("ENOENT");
  });
});
