import type { NeededEngines, PatternEngines } from "../patterns/pattern-engines.ts";

/** Loads the engines that a configuration needs: the others cost a cold start nothing. */
export async function loadEngines(needed: NeededEngines): Promise<PatternEngines> {
  const [regex, versions] = await Promise.all([
    needed.regex ? import("../patterns/regular-expressions.ts") : undefined,
    needed.versions ? import("../patterns/versions.ts") : undefined,
  ]);
  return { compileRegex: regex?.compileRegex, versions: versions?.VERSIONS };
}
