import { compileGlobs, globProblem, LONGEST } from "../../src/contract/configuration/glob.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Which tags of a repository are taken. */
export interface TagFilter {
  readonly takes: (tag: string) => boolean;
  /** For messages. */
  readonly text: string;
}

/** Tags by globs, as rules of the stack have them; every tag when there is none. @throws {UsageError} */
export function parseTagFilter(globs: readonly string[]): TagFilter {
  if (globs.length === 0) return { takes: () => true, text: "all tags" };
  for (const glob of globs) {
    const problem = globProblem(glob, LONGEST.tag);
    if (problem !== undefined) throw new UsageError(`the pattern ${JSON.stringify(glob)} of tags ${problem}`);
  }
  return { takes: compileGlobs(globs), text: `the tags ${globs.join(", ")}` };
}
