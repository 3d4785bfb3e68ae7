import { isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";

/** What a rule says about a tag of the target that names an image which Freightliner did not put there. */
export type ConflictPolicy =
  | { readonly strategy: "source-wins" | "target-wins" | "newest-wins" | "skip" | "fail" | "merge" | "converge" }
  /** `template`: of another tag, with `{tag}`. */
  | { readonly strategy: "rename"; readonly template: string };

export const SOURCE_WINS: ConflictPolicy = { strategy: "source-wins" };

/** The policy as one word: a decision is valid as long as the rule says the same. */
export function policyKey(policy: ConflictPolicy): string {
  return policy.strategy === "rename" ? `rename ${policy.template}` : policy.strategy;
}

/** The tag that a template gives; undefined if it would be too long. */
export function renamedTag(template: string, tag: Tag): Tag | undefined {
  const renamed = template.replaceAll("{tag}", tag);
  return isTag(renamed) ? renamed : undefined;
}
