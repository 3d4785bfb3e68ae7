import type { PatternEngines } from "./pattern-engines.ts";
import { compileRegex } from "./regular-expressions.ts";
import { VERSIONS } from "./versions.ts";

/** All engines, for programs that start once and for people: the stack, the command, tests. */
export const ENGINES = { compileRegex, versions: VERSIONS } satisfies PatternEngines;
