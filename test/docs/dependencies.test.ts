import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

type Named = Readonly<Record<string, string>>;

const manifest: { dependencies: Named; devDependencies: Named; optionalDependencies: Named } = JSON.parse(
  readFileSync("package.json", "utf8"),
);
const lock: { packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
  readFileSync("package-lock.json", "utf8"),
);
const locked = Object.entries(lock.packages).filter(([path]) => path.startsWith("node_modules/"));

describe("dependencies", () => {
  it("are each named in the document, with a reason, and no others are", () => {
    const rows = readFileSync("docs/work/dependencies.md", "utf8").matchAll(/^\| (`.+`) \| \S.+ \|$/gm);
    const documented = [...rows].flatMap(([, names = ""]) => names.split(", ").map((name) => name.replaceAll("`", "")));
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const used = [dependencies, devDependencies, optionalDependencies].flatMap((each) => Object.keys(each));
    expect(documented.toSorted()).toEqual(used.toSorted());
  });

  it("in production are pinned, few, and run nothing when they are installed", () => {
    expect(Object.values(manifest.dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const production = locked.filter(([, { dev }]) => dev !== true);
    expect(production.length).toBeGreaterThan(30);
    expect(production.length).toBeLessThan(100);
    expect(production.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
  });

  it("are installed as the lockfile has them: each version, each hash, and nothing beside them", () => {
    const installed: typeof lock = JSON.parse(readFileSync("node_modules/.package-lock.json", "utf8"));
    const wanted = new Map(locked);
    const strange = Object.entries(installed.packages).filter(
      ([path, { version, integrity }]) =>
        wanted.get(path)?.version !== version || wanted.get(path)?.integrity !== integrity,
    );
    expect(strange.map(([path]) => path)).toEqual([]);
    expect(Object.keys(installed.packages).length).toBeGreaterThan(200);
  });

  it("have a hash in the lockfile, every one, but for what comes inside of another", () => {
    const open = locked.filter(
      ([, { integrity, inBundle }]) => inBundle !== true && !(integrity ?? "").startsWith("sha512-"),
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });
});
