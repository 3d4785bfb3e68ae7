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
    const rows = readFileSync("docs/dependencies.md", "utf8").matchAll(/^\| (`.+`) \| \S.+ \|$/gm);
    const documented = [...rows].flatMap(([, names = ""]) => names.split(", ").map((name) => name.replaceAll("`", "")));
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const used = [dependencies, devDependencies, optionalDependencies].flatMap((each) => Object.keys(each));
    expect(documented.toSorted()).toEqual(used.toSorted());
  });

  it("in production are pinned, few, and run nothing when they are installed", () => {
    expect(Object.values(manifest.dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const production = locked.filter(([, { dev }]) => dev !== true);
    expect(production.length).toBeGreaterThan(30);
    expect(production.length).toBeLessThan(90);
    expect(production.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
  });

  it("have a hash in the lockfile, every one, but for what comes inside of another", () => {
    const open = locked.filter(
      ([, { integrity, inBundle }]) => inBundle !== true && !(integrity ?? "").startsWith("sha512-"),
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });
});
