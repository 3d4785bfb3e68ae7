import type { PlantedBug } from "./planted-bugs.ts";

const VERDICT = "src/replication/rules/verdict.ts";

/** Bugs of rules that leave out a part of what is pushed. */
export const PLANTED_RULES: readonly PlantedBug[] = [
  {
    name: "the comparison does not know which index a stripped one stands for",
    by: "scenes",
    scene: "a stripped index",
    file: "src/replication/reconcile/platform-subsets.ts",
    find: "return platforms.includes(replicated.origin.platforms);",
    replace: "return platforms.includes(replicated.digest);",
  },
  {
    name: "the record does not say which index a stripped one stands for",
    by: "scenes",
    scene: "a stripped index",
    file: "src/replication/copy/copy-pass.ts",
    find: "ended(withOrigin(result.report, origin));",
    replace: "result;",
  },
  {
    name: "a platform that no rule chooses is copied",
    by: "scenes",
    scene: "a stripped index",
    file: "src/replication/image/strip-index.ts",
    find: "if (excluded.has(digest)) return [];",
    replace: "if (excluded.size > 100) return [];",
  },
  {
    name: "a sparse index that is refused counts as lost content",
    by: "scenes",
    scene: "a sparse index",
    file: "src/replication/image/sparse-target.ts",
    find: "if (kept.length === copied.length ||",
    replace: "if (kept.length <= copied.length ||",
  },
  {
    name: "the signature of an excluded image is selected by its own tag",
    by: "scenes",
    scene: "excluded image",
    file: VERDICT,
    find: "if (isCosignTag(reference) && isSelective(rule)) return FOLLOWS;",
    replace: "",
  },
  {
    name: "an image is copied before it has the age of its rule",
    by: "scenes",
    scene: "has the age",
    file: VERDICT,
    find: 'return until > now ? { kind: "waits", until } : SELECTS;',
    replace: 'return until < 0 ? { kind: "waits", until } : SELECTS;',
  },
  {
    name: "the age of an image is that of the first push of its tag",
    by: "scenes",
    scene: "moved while",
    file: "src/replication/rules/decide-request.ts",
    find: "all = { ...all, pushedAt: image?.pushedAt ?? pushedAt };",
    replace: "all = { ...all, pushedAt: Math.min(image?.pushedAt ?? pushedAt, pushedAt) };",
  },
];
