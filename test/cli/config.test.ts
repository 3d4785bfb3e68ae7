import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../cli/run.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

const destination = (name: string) => `  - name: ${name}
    kind: generic
    registry: ${name}.example.com
    prefix: mirror
    loginSecret: arn:aws:secretsmanager:us-east-1:123456789012:secret:login-AbCdEf
`;
const CONFIGURATION = `version: 1
source: { account: "123456789012", region: us-east-1 }
destinations:
${destination("europe")}${destination("america")}rules:
  - name: releases
    repositories: ["team/**"]
    tags: [{ semver: ">=1" }]
    exclude: { repositories: ["team/secret"] }
    destinations: [europe]
  - name: tools
    repositories: ["tools/**", "team/web"]
    latest: { count: 3 }
    destinations: [america]
`;

describe("freightliner config", () => {
  const parts = new AsyncDisposableStack();
  let folder = "";
  beforeAll(async () => {
    folder = parts.use(await temporaryFolder()).path;
    await written("freightliner.yaml", CONFIGURATION);
  });
  afterAll(() => parts.disposeAsync());

  async function written(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  /** Runs a command line in which `./` stands for the folder. */
  async function config(line: string, environment: NodeJS.ProcessEnv = {}) {
    const printed = { out: "", err: "" };
    const io = {
      out: createScreen({ write: (text) => void (printed.out += text) }),
      err: createScreen({ write: (text) => void (printed.err += text) }),
      environment,
      ask: undefined,
    };
    const args = `config ${line}`.split(" ").map((word) => word.replace(/^\.\//, `${folder}/`));
    const code = await run(args, io, AbortSignal.timeout(60_000));
    return { code, out: printed.out.replaceAll(folder, "."), err: printed.err.replaceAll(folder, ".") };
  }
  const values = async (line: string, environment: NodeJS.ProcessEnv = {}) => {
    const { out } = await config(`show --config ./freightliner.yaml --json ${line}`.trim(), environment);
    const rows = out
      .trim()
      .split("\n")
      .map((row): { field: string; value: unknown; layer: string } => JSON.parse(row));
    return new Map(rows.map(({ field, value, layer }) => [field, `${layer} ${JSON.stringify(value)}`]));
  };

  describe("validate", () => {
    it("says what a valid file holds, and exits with 0", async () => {
      const { code, out } = await config("validate ./freightliner.yaml");
      expect(out).toMatch(/^\.\/freightliner\.yaml is valid: 2 rules, 2 destinations, version [0-9a-f]{12}\n$/);
      expect(code).toBe(0);
    });

    it("refuses what the source cannot answer, with line and column: a scan of another kind than ECR", async () => {
      const source = "source: { kind: generic, account: '123456789012', region: us-east-1, registry: harbor.example }";
      const gate = "name: releases\n    gate: { scan: { maxSeverity: low } }";
      const text = CONFIGURATION.replace(/source: .*/, source).replace("name: releases", gate);
      await written("scan.yaml", text);
      const { code, err } = await config("validate ./scan.yaml");
      expect(err).toContain("line 16, column 19: rules[0].gate.scan: only Amazon ECR says what a scan has found");
      expect(code).toBe(2);
    });

    it("names each problem with line, column, field and what was probably meant, and exits with 2", async () => {
      await written("wrong.yaml", CONFIGURATION.replace("latest:", "newest:").replace("prefix: mirror", "prefx: a"));
      const { code, out, err } = await config("validate ./wrong.yaml");
      expect(err).toContain("line 7, column 12: destinations[0].prefx: unknown field; did you mean prefix?");
      expect(err).toContain("line 22, column 13: rules[1].newest: unknown field");
      expect({ code, out }).toEqual({ code: 2, out: "" });
    });

    it("checks an external document over the deployed configuration, by which a change of the stack is refused", async () => {
      await written("good.yaml", "retries: { preset: off }\n");
      await written("bad.yaml", "retries: { preset: off }\nsource: { region: us-west-2 }\n");
      expect(await config("validate ./good.yaml --over ./freightliner.yaml")).toMatchObject({ code: 0 });
      const { code, err } = await config("validate ./bad.yaml --over ./freightliner.yaml");
      expect(err).toContain("line 2, column 19: source.region: is what the stack is made of");
      expect(code).toBe(2);
    });

    it("does not print a value that may be a secret in the wrong place", async () => {
      const password = "correct-horse-battery";
      await written("leak.yaml", CONFIGURATION.replace(/loginSecret: \S+/, `loginSecret: ${password}`));
      const { code, err } = await config("validate ./leak.yaml");
      expect(err).toContain("destinations[0].loginSecret: is not the complete ARN of a secret");
      expect(err).not.toContain(password);
      expect(code).toBe(2);
    });
  });

  describe("show", () => {
    it("shows every value with the layer that it comes from", async () => {
      await written("external.yaml", "reconcile: { everyMinutes: 30 }\n");
      const shown = await values("--external ./external.yaml --set destinations.europe.requestsPerSecond=7", {
        FREIGHTLINER_SPARSE_INDEXES: "keep",
      });
      expect(Object.fromEntries(shown)).toMatchObject({
        "source.region": 'file "us-east-1"',
        "source.plainHttp": "defaults false",
        "destinations[0].requestsPerSecond": "flags 7",
        "destinations[1].requestsPerSecond": "defaults 250",
        "rules[0].priority": "defaults 0",
        "rules[0].tags": 'file [{"semver":">=1"}]',
        "rules[1].latest.by": 'defaults "pushed"',
        "reconcile.everyMinutes": "external 30",
        "reconcile.graceSeconds": "defaults 60",
        sparseIndexes: 'environment "keep"',
      });
    });

    it("removes what looks like a secret", async () => {
      const token = `ghp_${"a1".repeat(20)}`;
      await written("token.yaml", CONFIGURATION.replace('"team/web"', `"${token}"`).replaceAll("team/", "crew/"));
      const { code, out } = await config("show --config ./token.yaml");
      expect(code).toBe(0);
      expect(out).toContain("crew/secret");
      expect(out).not.toContain(token);
    });

    it("names the flag or the variable whose value is wrong, not the file", async () => {
      const flag = await config("show --config ./freightliner.yaml --set retries.preset=never");
      expect(flag.err).toMatch(
        /a value of --set is not valid; correct it\n\s+--set: retries\.preset: .*none of off, standard, patient\n/,
      );
      const name = "FREIGHTLINER_DESTINATIONS_EUROPE_REQUESTS_PER_SECOND";
      const variable = await config("show --config ./freightliner.yaml", { [name]: "0" });
      expect(variable.err).toContain("an environment variable is not valid; correct it");
      expect(variable.err).toContain(`${name}: destinations[0].requestsPerSecond: must be at least 1\n`);
    });

    it("refuses a flag that names no field, with a suggestion", async () => {
      const { code, err } = await config("show --config ./freightliner.yaml --set retries.prest=off");
      expect(err).toContain("did you mean retries.preset?");
      expect(code).toBe(2);
    });
  });

  describe("explain", () => {
    it("says what a gate asks of the image", async () => {
      const gate = "name: releases\n    gate: { maxBytes: 1000, referrers: [{ artifactType: application/spdx+json }] }";
      await written("gate.yaml", CONFIGURATION.replace("name: releases", gate));
      const { out } = await config("explain team/app:1.0.0 --config ./gate.yaml");
      expect(out).toContain('by "releases", if it has a referrer application/spdx+json, and at most 1000 bytes');
    });

    const explain = (image: string) => config(`explain ${image} --config ./freightliner.yaml`);

    it("says which rule copies an image to which destination, and what each rule for its repository says", async () => {
      expect(await explain("team/web:v1.2.0")).toEqual({
        code: 0,
        err: "",
        out: `europe: copied to europe.example.com/mirror/team/web, by "releases"
america: depends on which tags of the repository are the newest and when the image was pushed (--pushed)

rule      destinations  verdict
releases  europe        selects it
tools     america       depends on which tags of the repository are the newest and when the image was pushed (--pushed)
`,
      });
    });

    it.each([
      ["team/app:latest", 'europe: not copied: "releases" is for other tags'],
      ["team/secret:v1", 'europe: not copied: "releases" excludes the repository'],
      ["other/app:v1", "europe: not copied: no rule for this repository names it"],
    ])("says why %s is not copied, and exits with 3", async (image, line) => {
      const { code, out } = await explain(image);
      expect(out.split("\n")).toContain(line);
      expect(code).toBe(3);
    });

    it("says that the tags of the repository decide, where the configuration obeys them", async () => {
      await written("tags.yaml", CONFIGURATION.replace("region: us-east-1", "region: us-east-1, repositoryTags: true"));
      const of = async (tag: string) => (await config(`explain team/app:1.0.0 --config ./tags.yaml ${tag}`)).out;
      expect(await of("--repository-tag freightliner:replicate=off")).toContain(
        "europe: not copied: the tags of the repository say so",
      );
      expect(await of("--repository-tag freightliner:destinations=europe")).toContain("europe: copied to");
      expect(await of("--repository-tag team=web")).toContain("europe: copied to");
    });

    it("takes the name of an image with the host of the source, too", async () => {
      const { out } = await explain("123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1.0.0");
      expect(out).toContain("europe: copied to europe.example.com/mirror/team/app");
    });

    it("explains 1,000 rules for 20 destinations", async () => {
      const names = Array.from({ length: 20 }, (_, index) => `d${index}`);
      const rules = Array.from({ length: 1_000 }, (_, index) => ({
        repositories: [`team-${index}/**`, `shared/${index}-*`],
        tags: ["v*", "release-*"],
        destinations: [names[index % 20]],
      }));
      const destinations = names.map((name) => ({
        name,
        kind: "generic",
        registry: `${name}.example.com`,
        prefix: "mirror",
      }));
      const source = { account: "123456789012", region: "us-east-1" };
      await written("large.json", JSON.stringify({ version: 1, source, destinations, rules }, undefined, 1));
      const { code, out } = await config("explain team-777/app:v1 --config ./large.json");
      expect(code).toBe(0);
      expect(out).toContain('d17: copied to d17.example.com/mirror/team-777/app, by "rule 778"');
      expect(out).toContain("999 rules for other repositories");
      expect((await config("show --config ./large.json --json")).out.split("\n").length).toBeGreaterThan(5_000);
    });
  });

  it("says which commands there are when the word after it is none", async () => {
    const { code, err } = await config("vali");
    expect(err).toContain("Allowed choices are validate, show, explain.");
    expect(code).toBe(2);
  });
});
