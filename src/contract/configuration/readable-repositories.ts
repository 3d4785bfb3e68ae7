import { isReadable, readablePatterns } from "../stack/repository-patterns.ts";

interface Reading {
  readonly source: { readonly repositories?: readonly string[] | undefined };
  readonly rules: readonly { readonly index: number; readonly repositoryGlobs: readonly string[] }[];
}

/** Globs of the repositories that the functions of a stack may read: the source's, or those of the rules that it is deployed with. */
export function readableGlobs({ source, rules }: Reading): readonly string[] {
  return source.repositories ?? rules.flatMap(({ repositoryGlobs }) => repositoryGlobs);
}

/** Problems of rules that select repositories which the functions may not read. @param deployed what the stack is deployed with. */
export function unreadableRules({ rules }: Reading, deployed: Reading): string[] {
  const patterns = readablePatterns(readableGlobs(deployed));
  return rules.flatMap(({ repositoryGlobs, index }) =>
    repositoryGlobs
      .filter((glob) => !isReadable(glob, patterns))
      .map(
        (glob) =>
          `rules[${index}].repositories: "${glob}" is outside of what the functions may read (${patterns.slice(0, 5).join(", ")}${patterns.length > 5 ? ", ..." : ""}); add it to source.repositories, and deploy the stack`,
      ),
  );
}
