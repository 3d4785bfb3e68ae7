import { describe, expect, it } from "vitest";
import { ODD_REGISTRIES } from "../odd/all.ts";
import { FREIGHTLINER } from "../odd/freightliner.ts";
import { runCopy } from "../odd/run-copy.ts";

describe.each(["source", "target"] as const)("freightliner copy, where the %s", (side) => {
  const here = ODD_REGISTRIES.filter((odd) => odd.side === side);

  it.each(here.filter(({ refusal }) => refusal === undefined))("$name ($seenAt), brings everything", async (odd) => {
    expect(await runCopy(odd, FREIGHTLINER)).toMatchObject({ arrived: "all", code: 0 });
  });
});

describe("freightliner copy refuses on purpose, and says how to allow it, where the source", () => {
  it.each(ODD_REGISTRIES.filter(({ refusal }) => refusal !== undefined))("$name ($seenAt)", async (odd) => {
    const result = await runCopy(odd, FREIGHTLINER);
    expect(result).toMatchObject({ arrived: "nothing", code: 1 });
    expect(result.output).toContain(odd.refusal);
  });
});
