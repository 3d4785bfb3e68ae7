import { compileGlobs, globProblem, LONGEST } from "../../src/contract/patterns/glob.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Selects tags of a repository. */
export interface TagFilter {
  readonly matches: (tag: string) => boolean;
  /** For messages, such as `the tags v1.*`. */
  readonly description: string;
}

/** Tags that match one of the globs, which are those of the stack's rules. @throws {UsageError} */
export function parseTagFilter(globs: readonly string[]): TagFilter {
  for (const glob of globs) {
    const problem = globProblem(glob, LONGEST.tag);
    if (problem !== undefined) throw new UsageError(`the tag pattern ${JSON.stringify(glob)} ${problem}`);
  }
  return { matches: compileGlobs(globs), description: `the tags ${globs.join(", ")}` };
}
