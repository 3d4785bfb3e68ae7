import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CopyEnvironment, ReconcileEnvironment } from "../../src/contract/stack/environment.ts";
import { LOCAL_USAGE } from "../../local/stack/local-options.ts";

const flags = (text: string): string[] => [...new Set(text.match(/--[a-z][a-z-]+/g))].toSorted();

describe("the documents", () => {
  it("name every option of npm start, and no other", () => {
    const table = readFileSync("docs/use/local.md", "utf8").split("## For scripts")[0] ?? "";
    expect(flags(table)).toEqual(flags(LOCAL_USAGE));
  });

  it("name every setting of the stack, and no other", () => {
    const declared = readFileSync("infra/settings/settings.ts", "utf8");
    const fieldsOf = (name: string): string[] => {
      const body = new RegExp(`^export interface ${name} \\{\\n([^]*?)^\\}`, "m").exec(declared)?.[1] ?? "";
      return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = ""]) => field);
    };
    const rows = (text: string): string[] => [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, field = ""]) => field);
    const settings = rows(readFileSync("docs/use/settings.md", "utf8"));
    expect(settings.toSorted()).toEqual(fieldsOf("Settings").toSorted());
    expect(settings.length).toBeGreaterThan(10);
  });

  it("quote log messages that the functions write", () => {
    const pages = ["docs/operate/runbook.md", "docs/operate/troubleshooting.md"].map((page) =>
      readFileSync(page, "utf8"),
    );
    const quoted = [...pages.join("\n").matchAll(/\bmessage\s+`([A-Z][^`]+)`/g)].map(([, message = ""]) =>
      message.replaceAll(/\s+/g, " "),
    );
    const written = ["functions", "src"]
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(name, "utf8"))
      .join("\n");
    expect(quoted.length).toBeGreaterThan(5);
    expect(quoted.filter((message) => !written.includes(`"${message}`))).toEqual([]);
  });

  it("name every variable of the functions, and no other", () => {
    const text = readFileSync("docs/use/configuration.md", "utf8");
    expect([...new Set(text.match(/(?:FREIGHTLINER|AWS_LAMBDA)_[A-Z_]+/g))].toSorted()).toEqual(
      [...new Set([CopyEnvironment, ReconcileEnvironment].flatMap(({ shape }) => Object.keys(shape)))].toSorted(),
    );
  });

  it("name every threat that is tried, and no other", () => {
    const files = readdirSync("test/threats").filter((name) => name.endsWith(".test.ts"));
    const tests = files.map((name) => readFileSync(`test/threats/${name}`, "utf8")).join("\n");
    const tried = new Set([...tests.matchAll(/^describe\("([^:]+):/gm)].flatMap(([, ids = ""]) => ids.split(", ")));
    const named = [...readFileSync("docs/understand/threats.md", "utf8").matchAll(/^\| (T\d\d) \|/gm)].map(
      ([, id]) => id,
    );
    expect(named.map(String).toSorted()).toEqual([...tried].toSorted());
    expect(named).toHaveLength(39);
  });

  it("name every fault of the catalogue once, 116 in all, and each of processes, state and scale has a test of its name", () => {
    const rows = (file: string): string[] =>
      [...readFileSync(`docs/${file}`, "utf8").matchAll(/^\| ([NPRS]\d\d) \|/gm)].map(([, id = ""]) => id);
    const delivery = rows("understand/delivery.md");
    const all = new Set([
      ...rows("understand/faults-seen.md"),
      ...rows("understand/faults-content-seen.md"),
      ...delivery,
    ]);
    const ids = ([letter, count]: readonly [string, number]): string[] =>
      Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`);
    const catalogue = (
      [
        ["N", 44],
        ["P", 34],
        ["R", 28],
        ["S", 10],
      ] as const
    ).flatMap(ids);
    expect([...all].toSorted()).toEqual(catalogue);
    expect(catalogue).toHaveLength(116);
    const tests = readdirSync("test", { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".test.ts"),
    );
    const titles = tests.flatMap((name) =>
      [...readFileSync(join("test", name), "utf8").matchAll(/["`]((?:[PRS]\d\d(?:, |: |: of ))+)/g)].map(
        ([title]) => title,
      ),
    );
    const named = new Set(titles.flatMap((title) => title.match(/[PS]\d\d/g) ?? []));
    expect(delivery.filter((id) => !named.has(id))).toEqual([]);
  });
});
