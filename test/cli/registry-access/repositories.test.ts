import { describe, expect, it } from "vitest";
import { openRepositories } from "../../../cli/registry-access/repositories.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import { NEVER } from "../../../src/async/abort.ts";

describe("the repositories of a command", () => {
  it("share the limits of their registry on both sides, and the memory for ranges of blobs with all registries", async () => {
    await using repositories = openRepositories({ allowedHosts: [], environment: {}, signal: NEVER });
    const limitsOf = async (side: "source" | "target", name: string) =>
      (await repositories.client(side, parseReference(name))).runtime.limits;
    const limits = await limitsOf("source", "r.example.com/one");
    expect(await limitsOf("source", "r.example.com/two")).toBe(limits);
    expect(await limitsOf("target", "R.example.com:443/one")).toBe(limits);
    const others = await limitsOf("target", "other.example.com/one");
    expect(others.busyGate).not.toBe(limits.busyGate);
  });

  it("are opened once for each side", async () => {
    await using repositories = openRepositories({ allowedHosts: [], environment: {}, signal: NEVER });
    const place = parseReference("r.example.com/one:v1");
    expect(await repositories.client("source", place)).toBe(await repositories.client("source", place));
    expect(await repositories.source(place)).toBe(await repositories.source(place));
    expect(await repositories.client("target", place)).not.toBe(await repositories.client("source", place));
  });
});
