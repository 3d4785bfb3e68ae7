import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Names that a file imports from undici as values. */
function importedFrom(text: string): string[] {
  const [, names = ""] = /^import \{([^}]*)\} from "undici";$/m.exec(text) ?? [];
  return names.split(",").map((name) => name.trim());
}

const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const used = [...new Set(sources.flatMap((file) => importedFrom(readFileSync(join("src", file), "utf8"))))].filter(
  (name) => name !== "",
);

describe("the part of undici in the bundles", () => {
  it("of the command has everything that the code imports", () => {
    const bundled: unknown = createRequire(import.meta.url)("../../infra/bundling/undici-with-proxies.cjs");
    expect(used).toContain("buildConnector");
    for (const name of used) expect(bundled).toHaveProperty(name);
  });

  it("of the functions has everything but proxies, which only the command uses", () => {
    const bundled: unknown = createRequire(import.meta.url)("../../infra/bundling/undici.cjs");
    const needed = used.filter((name) => name !== "ProxyAgent");
    expect(needed).toContain("Pool");
    for (const name of needed) expect(bundled).toHaveProperty(name);
  });
});
