import { describe, expect, it } from "vitest";
import { ODD_REGISTRIES } from "../odd/all.ts";
import { FREIGHTLINER } from "../odd/freightliner.ts";
import { runCopy } from "../odd/run-copy.ts";

describe.each(["source", "target"] as const)("freightliner copy, where the %s", (side) => {
  it.each(ODD_REGISTRIES.filter((odd) => odd.side === side))("$name ($seenAt), brings everything", async (odd) => {
    expect(await runCopy(odd, FREIGHTLINER)).toMatchObject({ arrived: "all", code: 0 });
  });
});
