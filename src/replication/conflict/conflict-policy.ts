import { isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";

/** What a rule says about a tag of the target that names an image which Freightliner did not put there. */
export type ConflictPolicy =
  | { readonly strategy: "source-wins" | "target-wins" | "newest-wins" | "skip" | "fail" | "merge" }
  /** `keepsDeletes`: a tag that someone has deleted at the target stays deleted. */
  | { readonly strategy: "converge"; readonly keepsDeletes?: boolean }
  /** `template`: of another tag, with `{tag}`. */
  | { readonly strategy: "rename"; readonly template: string };

export const SOURCE_WINS: ConflictPolicy = { strategy: "source-wins" };

/** The policy as one word: a decision is valid as long as the rule says the same. */
export function policyKey(policy: ConflictPolicy): string {
  if (policy.strategy === "rename") return `rename ${policy.template}`;
  return policy.strategy === "converge" && policy.keepsDeletes === true ? "converge, deletes kept" : policy.strategy;
}

/** The tag that a template gives; undefined if it would be too long. */
export function renamedTag(template: string, tag: Tag): Tag | undefined {
  const renamed = template.replaceAll("{tag}", tag);
  return isTag(renamed) ? renamed : undefined;
}
