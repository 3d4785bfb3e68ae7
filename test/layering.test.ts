import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { LAYERS, WIRING } from "../lint/layers.ts";
import { layeringRules } from "../lint/layering-rules.ts";
import { layeringTables } from "../lint/layering-tables.ts";
import { temporaryFolder } from "./fixtures/processes/programs.ts";

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}

/** Lints a small tree with the project's own rules. */
async function lint(files: Readonly<Record<string, string>>): Promise<{ diagnostics: Diagnostic[]; seen: number }> {
  await using folder = await temporaryFolder();
  for (const path of [".oxlintrc.json", "lint/layering.json"]) await cp(path, join(folder.path, path));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  const oxlint = resolve("node_modules/oxlint/bin/oxlint");
  const output = await new Promise<string>((done) => {
    // One violation of each rule is more than the 1 MiB that Node takes by default.
    const options = { cwd: folder.path, maxBuffer: 16 * 1_048_576 };
    execFile(process.execPath, [oxlint, "--format", "json"], options, (_error, stdout) => done(stdout));
  });
  const report: { diagnostics: Diagnostic[]; number_of_files: number } = JSON.parse(output);
  return { diagnostics: report.diagnostics, seen: report.number_of_files };
}

const using = (specifier: string): string => `import { x } from "${specifier}";\nexport const y = x;\n`;

const VIOLATIONS: readonly (readonly [path: string, text: string, says: RegExp])[] = [
  ["src/async/a.ts", using("../oci/b.ts"), /src\/async holds time, abort signals/],
  ["src/oci/a.ts", using("../registry/b.ts"), /src\/oci holds descriptors/],
  ["src/oci/a.ts", using("node:fs/promises"), /src\/oci holds descriptors/],
  ["src/oci/errors/a.ts", using("../digest.ts"), /src\/oci\/errors holds what fails/],
  ["src/contract/stack/a.ts", using("../../replication/state/b.ts"), /src\/contract\/stack holds names/],
  ["src/replication/copy/a.ts", using("../../registry/b.ts"), /src\/replication\/copy holds one copy request/],
  ["src/replication/copy/a.ts", using("../destination/b.ts"), /src\/replication\/copy holds one copy request/],
  ["src/replication/state/a.ts", using("undici"), /src\/replication\/state holds records/],
  ["src/replication/state/a.ts", using("node:timers/promises"), /src\/replication\/state holds records/],
  ["src/registry/a.ts", using("../aws/b.ts"), /src\/registry holds a registry as source/],
  ["src/registry/a.ts", using("@aws-sdk/client-ecr"), /src\/registry holds a registry as source/],
  ["src/registry/auth/a.ts", using("../../aws/b.ts"), /src\/registry\/auth holds challenges/],
  ["src/registry/auth/a.ts", using("../client/b.ts"), /src\/registry\/auth holds challenges/],
  ["src/aws/a.ts", using("undici"), /src\/aws holds Lambda/],
  ["src/google/a.ts", using("@aws-sdk/client-sqs"), /src\/google holds adapters for Google/],
  ["functions/copy/handler.ts", using("../../src/aws/b.ts"), /functions holds handlers/],
  ["functions/copy/handler.ts", using("@middy/core"), /functions holds handlers/],
  ["functions/copy/handler.ts", using("../fan-out/handler.ts"), /functions holds handlers/],
  ["functions/copy/handler.ts", using("./index.ts"), /functions holds handlers/],
  ["functions/copy/index.ts", using("../fan-out/handler.ts"), /an index\.ts wires one function/],
  ["src/wiring/a.ts", using("../../functions/copy/handler.ts"), /src\/wiring holds the composition/],
  ["src/wiring/a.ts", using("../../local/emulators/b.ts"), /src\/wiring holds the composition/],
  ["infra/a.ts", using("../src/replication/state/b.ts"), /infra holds the construct/],
  ["infra/access/a.ts", using("../functions/b.ts"), /infra\/access holds IAM/],
  ["infra/a.ts", using("undici"), /infra holds the construct/],
  ["local/a.ts", using("aws-cdk-lib"), /local holds the whole system/],
  ["local/a.ts", using("../test/fixtures/b.ts"), /local holds the whole system/],
  ["local/registry/a.ts", using("../../cli/b.ts"), /local holds the whole system/],
  ["local/registry/routes/a.ts", using("../../../infra/b.ts"), /local holds the whole system/],
  ["cli/a.ts", using("@aws-sdk/client-sqs"), /cli holds the command/],
  ["cli/stack/a.ts", using("../../local/emulators/b.ts"), /cli holds the command/],
  ["bench/a.ts", using("aws-cdk-lib"), /bench holds the measurements/],
  ["src/replication/copy/a.ts", "export const t = setTimeout;\n", /Unexpected use of 'setTimeout'/],
  ["src/oci/a.ts", "export const p = process.pid;\n", /Unexpected use of 'process'/],
  ["src/registry/a.ts", using("node:timers/promises"), /src\/registry holds a registry as source/],
  ["src/registry/a.ts", "export const t = setTimeout;\n", /Unexpected use of 'setTimeout'/],
  ["src/registry/a.ts", "export const t = Date.now();\n", /time is a parameter/],
  ["src/registry/a.ts", "export const t = AbortSignal.timeout(1);\n", /time is a parameter/],
  ["src/registry/a.ts", "export const p = process.env.HOME;\n", /process\.env/],
  ["src/registry/a.ts", "export const p: any = 1;\n", /Unexpected `any`/],
  ["src/registry/a.ts", "export default 1;\n", /default/i],
  ["test/a.test.ts", 'import { it } from "vitest";\nit.skip("x", () => undefined);\n', /skip|disabled/i],
];

const placeOf = (folder: string, room: string): string => (room === "." ? folder : `${folder}/${room}`);

/** Every room, as the folder it is, and the folders of its own layer that it may not import. */
const ROOMS = LAYERS.flatMap(({ folder, rooms = {} }) => {
  const names = Object.keys(rooms);
  return names.map((name) => {
    const allowed = [name, ...(rooms[name]?.rooms ?? [])];
    const forbidden = names.filter((other) => !allowed.includes(other)).map((other) => placeOf(folder, other));
    return { place: placeOf(folder, name), forbidden };
  });
});

/** Every folder with a rule of its own, and the layers that it may not import. Layers without rooms have a rule for each depth. */
const FOLDERS = LAYERS.flatMap(({ folder, imports, rooms }) => {
  const within =
    rooms === undefined
      ? [folder, `${folder}/one`, `${folder}/one/two`]
      : Object.keys(rooms).map((name) => placeOf(folder, name));
  const isAllowed = (other: string): boolean =>
    [folder, ...imports].some((allowed) => other === allowed || other.startsWith(`${allowed}/`));
  const forbidden = LAYERS.map((layer) => layer.folder).filter((other) => !isAllowed(other));
  return within.map((place) => ({ place, forbidden }));
});

describe("the layering rules", () => {
  it.each(VIOLATIONS)("see what is wrong in %s: %s", async (path, text, says) => {
    const { diagnostics, seen } = await lint({ [path]: text, "src/oci/clean.ts": "export const clean = 1;\n" });
    expect(seen).toBe(2);
    const found = diagnostics
      .filter(({ filename }) => filename.endsWith(path))
      .map(({ message, help }) => `${message} ${help ?? ""}`);
    expect(found.join("\n")).toMatch(says);
  });

  it.each([
    ["room import each room that it may not", ROOMS, 100],
    ["folder import each layer that it may not", FOLDERS, 300],
    ["folder import a package that it may not", FOLDERS.map(({ place }) => ({ place, forbidden: ["left-pad"] })), 40],
  ])("see each %s", async (_what, folders, least) => {
    const planted = folders.flatMap(({ place, forbidden }) =>
      forbidden.map((other, index): [path: string, text: string] => {
        const isPackage = other === "left-pad";
        return [`${place}/planted-${index}.ts`, using(isPackage ? other : `${relative(place, other) || "."}/b.ts`)];
      }),
    );
    expect(planted.length).toBeGreaterThan(least);
    expect(await unseen(planted)).toEqual([]);
  });

  it("see each file that wires a function import what it may not", async () => {
    const planted = WIRING.files.flatMap((pattern) => {
      const path = pattern.replace("*", "copy");
      return ["../fan-out/handler.ts", "../../local/b.ts", "../../infra/b.ts", "../../cli/b.ts", "left-pad"].map(
        (specifier): [string, string] => [path, using(specifier)],
      );
    });
    for (const file of planted) expect(await unseen([file])).toEqual([]);
  });

  it("see a file of more than 300 lines", async () => {
    const lines = (count: number): string => `export const x = 1;${"\n".repeat(count)}`;
    const { diagnostics } = await lint({ "src/oci/a.ts": lines(300), "test/b.ts": lines(301) });
    expect(diagnostics.map(({ code, filename }) => `${filename} ${code}`)).toEqual(["test/b.ts eslint(max-lines)"]);
  });

  it.each([
    ["values", "import { x }"],
    ["types alone", "import type { x }"],
  ])("see a cycle of %s between two files", async (_what, imports) => {
    const { diagnostics } = await lint({
      "src/oci/a.ts": `${imports} from "./b.ts";\nexport type { x };\n`,
      "src/oci/b.ts": `${imports} from "./a.ts";\nexport type { x };\n`,
    });
    expect(diagnostics.some(({ code }) => code.includes("no-cycle"))).toBe(true);
  });

  it("let through what is allowed in every folder", async () => {
    const { diagnostics, seen } = await lint({
      "src/async/a.ts": using("node:timers/promises"),
      "src/oci/a.ts": using("node:crypto"),
      "src/oci/b.ts": using("./errors/b.ts"),
      "src/contract/configuration/a.ts": using("../../oci/b.ts"),
      "src/replication/state/a.ts": using("../../oci/b.ts"),
      "src/registry/a.ts": using("undici"),
      "src/registry/auth/a.ts": using("../../oci/errors/b.ts"),
      "src/registry/manifests/b.ts": using("../client/a.ts"),
      "src/aws/a.ts": using("../replication/state/b.ts"),
      "src/google/a.ts": using("google-auth-library"),
      "src/google/b.ts": using("../registry/auth/b.ts"),
      "functions/copy/handler.ts": using("../../src/replication/copy/b.ts"),
      "functions/copy/index.ts": using("./handler.ts"),
      "infra/a.ts": using("../src/contract/stack/b.ts"),
      "local/registry/a.ts": using("../../src/oci/b.ts"),
      "local/registry/routes/a.ts": using("../../http/b.ts"),
      "cli/a.ts": using("../src/replication/planning/b.ts"),
    });
    expect(seen).toBe(17);
    expect(diagnostics).toEqual([]);
  });

  it("are those of the table of layers, and so are the tables of CONTRIBUTING.md: `npm run layers` writes both", async () => {
    expect(JSON.parse(await readFile("lint/layering.json", "utf8"))).toEqual(layeringRules());
    const words = (text: string): string[] => text.split(/[\s|]+/).filter((word) => !/^-*$/.test(word));
    expect(words(await readFile("CONTRIBUTING.md", "utf8")).join(" ")).toContain(words(layeringTables()).join(" "));
  });
});

/** The planted files in which the linter finds no forbidden import. */
async function unseen(planted: readonly (readonly [path: string, text: string])[]): Promise<unknown> {
  const { diagnostics } = await lint(Object.fromEntries(planted));
  return planted.filter(
    ([path]) => !diagnostics.some(({ code, filename }) => filename.endsWith(path) && /restricted/.test(code)),
  );
}

describe("the tree", () => {
  it("has a room in the table for every folder with files", async () => {
    const folders = new Set((await sources()).map((path) => dirname(path)));
    for (const { folder, rooms } of LAYERS.filter((layer) => layer.rooms !== undefined)) {
      const own = [...folders].filter((path) => path === folder || path.startsWith(`${folder}/`));
      const named = Object.keys(rooms ?? {}).map((name) => (name === "." ? folder : `${folder}/${name}`));
      expect(own.toSorted()).toEqual(named.toSorted());
    }
  });

  it("has no circle of layers or rooms, also none of types", () => {
    const layers = Object.fromEntries(LAYERS.map(({ folder, imports }) => [folder, imports]));
    const rooms = LAYERS.map((layer) =>
      Object.fromEntries(Object.entries(layer.rooms ?? {}).map(([name, room]) => [name, room.rooms])),
    );
    for (const arrows of [layers, ...rooms]) {
      const below = (name: string, path: readonly string[]): void => {
        expect(path).not.toContain(name);
        for (const other of arrows[name] ?? []) below(other, [...path, name]);
      };
      for (const name of Object.keys(arrows)) below(name, []);
    }
  });

  it("has no file of more than 300 lines, and nine of ten files in src have at most 150", async () => {
    const files = await Promise.all(
      (await sources()).map(async (path) => ({ path, lines: (await readFile(path, "utf8")).split("\n").length - 1 })),
    );
    expect(files.filter(({ lines }) => lines > 300)).toEqual([]);
    const own = files.filter(({ path }) => path.startsWith("src/")).map(({ lines }) => lines);
    expect(own.filter((lines) => lines > 150).length).toBeLessThanOrEqual(own.length / 10);
  });

  it("has at most 12 files in a folder of src", async () => {
    const counts = Map.groupBy(await sources(), (path) => dirname(path));
    const wide = [...counts].filter(([folder, files]) => folder.startsWith("src") && files.length > 12);
    expect(wide.map(([folder]) => folder)).toEqual([]);
  });
});

/** Paths of the TypeScript files of `src` and `infra`. */
async function sources(): Promise<string[]> {
  const trees = await Promise.all(
    ["src", "infra"].map(async (folder) => [folder, await readdir(folder, { recursive: true })] as const),
  );
  return trees.flatMap(([folder, paths]) =>
    paths.filter((path) => path.endsWith(".ts")).map((path) => `${folder}/${path}`),
  );
}
