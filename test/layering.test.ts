import { execFile } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./fixtures/programs.ts";

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}

/** Lints a small tree with the project's own rules. */
async function lint(files: Readonly<Record<string, string>>): Promise<{ diagnostics: Diagnostic[]; seen: number }> {
  await using folder = await temporaryFolder();
  await cp(".oxlintrc.json", join(folder.path, ".oxlintrc.json"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  const oxlint = resolve("node_modules/oxlint/bin/oxlint");
  const output = await new Promise<string>((done) => {
    execFile(process.execPath, [oxlint, "--format", "json"], { cwd: folder.path }, (_error, stdout) => done(stdout));
  });
  const report: { diagnostics: Diagnostic[]; number_of_files: number } = JSON.parse(output);
  return { diagnostics: report.diagnostics, seen: report.number_of_files };
}

const using = (specifier: string): string => `import { x } from "${specifier}";\nexport const y = x;\n`;

const VIOLATIONS: readonly (readonly [path: string, text: string, says: RegExp])[] = [
  ["src/oci/a.ts", using("../registry/b.ts"), /src\/oci is the words of the specs/],
  ["src/oci/a.ts", using("node:fs/promises"), /src\/oci is the words of the specs/],
  ["src/contract/a.ts", using("../replication/b.ts"), /src\/contract is a leaf/],
  ["src/replication/a.ts", using("../registry/b.ts"), /src\/replication is pure/],
  ["src/replication/a.ts", using("undici"), /src\/replication is pure/],
  ["src/replication/a.ts", using("node:timers/promises"), /src\/replication is pure/],
  ["src/registry/a.ts", using("../aws/b.ts"), /src\/registry speaks HTTP/],
  ["src/registry/a.ts", using("@aws-sdk/client-ecr"), /src\/registry speaks HTTP/],
  ["src/registry/auth/a.ts", using("../../aws/b.ts"), /src\/registry speaks HTTP/],
  ["src/registry/auth/a.ts", using("@aws-sdk/client-ecr"), /src\/registry speaks HTTP/],
  ["src/aws/a.ts", using("undici"), /src\/aws holds the AWS adapters/],
  ["src/google/a.ts", using("@aws-sdk/client-sqs"), /src\/google holds the Google adapters/],
  ["functions/copy/handler.ts", using("../../src/aws/b.ts"), /a function's code imports/],
  ["functions/copy/handler.ts", using("@middy/core"), /a function's code imports/],
  ["functions/copy/handler.ts", using("../fan-out/handler.ts"), /a function's code imports/],
  ["functions/copy/handler.ts", using("./index.ts"), /a function's code imports/],
  ["functions/copy/index.ts", using("../fan-out/handler.ts"), /an index\.ts wires one function/],
  ["src/wiring/a.ts", using("../../functions/copy/handler.ts"), /src\/wiring joins adapters/],
  ["infra/a.ts", using("../src/replication/b.ts"), /infra sees only src\/contract/],
  ["infra/a.ts", using("undici"), /infra sees only src\/contract/],
  ["local/a.ts", using("aws-cdk-lib"), /local runs the functions/],
  ["local/a.ts", using("../test/fixtures/b.ts"), /local runs the functions/],
  ["cli/a.ts", using("@aws-sdk/client-sqs"), /the CLI uses src and local/],
  ["bench/a.ts", using("aws-cdk-lib"), /the bench measures/],
  ["src/replication/a.ts", "export const t = setTimeout;\n", /Unexpected use of 'setTimeout'/],
  ["src/oci/a.ts", "export const p = process.pid;\n", /Unexpected use of 'process'/],
  ["src/registry/a.ts", using("node:timers/promises"), /src\/registry speaks HTTP/],
  ["src/registry/a.ts", "export const t = setTimeout;\n", /Unexpected use of 'setTimeout'/],
  ["src/registry/a.ts", "export const t = Date.now();\n", /time is a parameter/],
  ["src/registry/a.ts", "export const t = AbortSignal.timeout(1);\n", /time is a parameter/],
  ["src/registry/a.ts", "export const p = process.env.HOME;\n", /process\.env/],
  ["src/registry/a.ts", "export const p: any = 1;\n", /Unexpected `any`/],
  ["src/registry/a.ts", "export default 1;\n", /default/i],
  ["test/a.test.ts", 'import { it } from "vitest";\nit.skip("x", () => undefined);\n', /skip|disabled/i],
];

describe("the layering rules", () => {
  it.each(VIOLATIONS)("see what is wrong in %s: %s", async (path, text, says) => {
    const { diagnostics, seen } = await lint({ [path]: text, "src/oci/clean.ts": "export const clean = 1;\n" });
    expect(seen).toBe(2);
    const found = diagnostics
      .filter(({ filename }) => filename.endsWith(path))
      .map(({ message, help }) => `${message} ${help ?? ""}`);
    expect(found.join("\n")).toMatch(says);
  });

  it("see a cycle between two files", async () => {
    const { diagnostics } = await lint({
      "src/oci/a.ts": using("./b.ts").replace("y =", "x ="),
      "src/oci/b.ts": using("./a.ts").replace("y =", "x ="),
    });
    expect(diagnostics.some(({ code }) => code.includes("no-cycle"))).toBe(true);
  });

  it("let through what is allowed in every folder", async () => {
    const { diagnostics, seen } = await lint({
      "src/oci/a.ts": using("node:crypto"),
      "src/contract/a.ts": using("../oci/b.ts"),
      "src/replication/a.ts": using("../oci/b.ts"),
      "src/registry/a.ts": using("undici"),
      "src/registry/auth/a.ts": using("../../oci/b.ts"),
      "src/registry/auth/b.ts": using("../a.ts"),
      "src/aws/a.ts": using("../replication/b.ts"),
      "src/google/a.ts": using("google-auth-library"),
      "src/google/b.ts": using("../registry/auth/b.ts"),
      "functions/copy/handler.ts": using("../../src/replication/b.ts"),
      "functions/copy/index.ts": using("./handler.ts"),
      "infra/a.ts": using("../src/contract/b.ts"),
      "local/registry/a.ts": using("../../src/oci/b.ts"),
      "cli/a.ts": using("../src/replication/b.ts"),
    });
    expect(seen).toBe(14);
    expect(diagnostics).toEqual([]);
  });
});
