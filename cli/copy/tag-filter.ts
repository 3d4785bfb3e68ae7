import { compileGlobs, globProblem, LONGEST } from "../../src/contract/patterns/glob.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Selects tags of a repository. */
export interface TagFilter {
  readonly matches: (tag: string) => boolean;
  /** For messages, such as `the tags v1.*`. */
  readonly description: string;
}

/** Tags that match one of the globs, which are those of the stack's rules. Without globs, every tag. @throws {UsageError} */
export function parseTagFilter(globs: readonly string[]): TagFilter {
  if (globs.length === 0) return { matches: () => true, description: "all tags" };
  for (const glob of globs) {
    const problem = globProblem(glob, LONGEST.tag);
    if (problem !== undefined) throw new UsageError(`the tag pattern ${JSON.stringify(glob)} ${problem}`);
  }
  return { matches: compileGlobs(globs), description: `the tags ${globs.join(", ")}` };
}
