import { describe, expect, it } from "vitest";
import { hcl } from "../../../cli/google/hcl.ts";
import { terraform } from "../../../cli/google/terraform.ts";
import { federatedDestination } from "../../../cli/google/federated-destination.ts";
import type { FederatedDestination } from "../../../cli/google/federated-destination.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";

const roles = {
  account: "123456789012",
  names: ["images-copy-eu-central-1", "images-probe-eu-central-1"],
  deleter: "images-reconcile-eu-central-1",
  readers: ["images-copy-eu-central-1"],
};
const audience =
  "//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/from-aws/providers/freightliner";

function placeOf(prefix: string, serviceAccount?: string): FederatedDestination | undefined {
  const federation = serviceAccount === undefined ? { audience } : { audience, serviceAccount };
  const { destinations, rules } = parseConfiguration({
    version: 1,
    source: { account: "123456789012", region: "eu-central-1" },
    destinations: [{ name: "eu", kind: "artifactRegistry", registry: "europe-docker.pkg.dev", prefix, federation }],
    rules: [{ repositories: ["**"], destinations: ["eu"] }],
  });
  return destinations[0] && federatedDestination(destinations[0], rules);
}

const places = (...all: (FederatedDestination | undefined)[]): FederatedDestination[] =>
  all.filter((each) => each !== undefined);
const SCOPED = places(placeOf("example.com/project/images", "writer@project.example.com.iam.gserviceaccount.com"));

const opened = (line: string): number => (line.match(/[{[(]/g) ?? []).length - (line.match(/[}\])]/g) ?? []).length;

/** Lines that are not two spaces to the right for each bracket that is open (hclwrite, formatIndent). */
function misplaced(lines: readonly string[]): string[] {
  let depth = 0;
  return lines.filter((line) => {
    const net = opened(line);
    if (net < 0) depth += net;
    const isWrong = line !== "" && line.search(/\S/) !== 2 * depth;
    if (net > 0) depth += net;
    return isWrong;
  });
}

/** Runs of attributes whose equals signs are not in one column, one space behind the longest name (hclwrite, formatCells). */
function misaligned(lines: readonly string[]): string[] {
  const runs: string[][] = [[]];
  for (const line of lines) {
    if (opened(line) === 0 && / = /.test(line)) runs.at(-1)?.push(line);
    else runs.push([]);
  }
  return runs.flat().filter((line) => {
    const run = runs.find((each) => each.includes(line)) ?? [];
    const width = Math.max(...run.map((each) => each.split(/ += /)[0]?.length ?? 0));
    return line.indexOf(" = ") !== width;
  });
}

/** Lines of `text` that `terraform fmt` would change. */
function unformatted(text: string): string[] {
  const lines = text.split("\n");
  return [...misplaced(lines), ...misaligned(lines)];
}

describe("the resources for Terraform", () => {
  it("are as terraform fmt leaves them", () => {
    for (const some of [SCOPED, places(placeOf("p/r")), places(placeOf("p/r", "writer@p.iam.gserviceaccount.com"))]) {
      expect(unformatted(terraform(some, roles))).toEqual([]);
    }
    expect(unformatted('a {\n  b = "1"\n  ccc = "2"\n}\n')).toEqual(['  b = "1"']);
  });

  it("name each other by reference where one needs another, so that a first apply makes them in order", () => {
    const text = terraform(SCOPED, roles);
    expect(text).toContain(
      "workload_identity_pool_id          = google_iam_workload_identity_pool.freightliner.workload_identity_pool_id",
    );
    expect(text.match(/service_account_id = google_service_account\.\S+\.name$/gm)).toHaveLength(2);
    expect(text).toContain(
      '"principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.freightliner.name}/attribute.aws_role/images-copy-eu-central-1"',
    );
    expect(text).toMatch(/member {5}= google_service_account\.\S+\.member$/m);
    expect(text).not.toMatch(/"serviceAccount:|"projects\/42/);
    const declared = [...text.matchAll(/^resource "(\w+)" "([\w-]+)"/gm)].map(([, type, name]) => `${type}.${name}`);
    const named = text.match(/google_[a-z_]+\.[\w-]+/g) ?? [];
    expect(new Set(declared).size).toBe(declared.length);
    expect(named.filter((address) => !declared.includes(address))).toEqual([]);
  });

  it("let one principal delete tags where rules delete: the service account, or else the comparison's role", () => {
    const granted = (place: FederatedDestination | undefined): string[] =>
      terraform(places(place && { ...place, deletesTags: true }), roles)
        .split("\n\n")
        .filter((block) => block.includes("roles/artifactregistry.repoAdmin"));
    expect(granted(placeOf("p/r"))).toEqual([
      expect.stringContaining("/attribute.aws_role/images-reconcile-eu-central-1"),
    ]);
    expect(granted(SCOPED[0])).toEqual([expect.stringMatching(/member +=.*google_service_account\./)]);
    expect(unformatted(terraform(places(SCOPED[0] && { ...SCOPED[0], deletesTags: true }), roles))).toEqual([]);
  });

  it("turn the APIs on in the pool's, the account's and the repository's project before anything needs them", () => {
    const text = terraform(SCOPED, roles);
    const services = [...text.matchAll(/project {12}= "([^"]+)"\n {2}service {12}= "([a-z]+)\./g)].map(
      ([, ...pair]) => pair,
    );
    expect(services).toEqual([
      ...["iam", "iamcredentials", "sts"].map((name) => ["42", name]),
      ...["iam", "iamcredentials", "artifactregistry"].map((name) => ["example.com:project", name]),
    ]);
    expect(text.match(/disable_on_destroy = false/g)).toHaveLength(6);
    expect(text.match(/depends_on +/g)).toHaveLength(3);
  });

  it("know a project within a domain by its own name, at the account as at the repository", () => {
    expect(SCOPED[0]).toMatchObject({
      project: "example.com:project",
      repository: "images",
      serviceAccount: { name: "writer", project: "example.com:project" },
    });
  });

  it("are not made for an e-mail that no project can make an account for", () => {
    expect(() => placeOf("p/r", "42-compute@developer.gserviceaccount.com")).toThrow(
      "42-compute@developer.gserviceaccount.com of destination eu is not a service account of a project",
    );
  });
});

describe("HCL", () => {
  it("has no templates, line ends or quotes of others in its strings", () => {
    const written = hcl([{ head: "a", attributes: { b: 'x"\n${file(1)}%{ if true }' } }]);
    expect(written).toBe('a {\n  b = "x\\"\\n$${file(1)}%%{ if true }"\n}\n');
  });
});
