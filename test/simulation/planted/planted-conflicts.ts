import type { PlantedBug } from "./planted-bugs.ts";

const OWN_DIGEST = "src/replication/conflict/own-digest.ts";
const MERGE = "src/replication/conflict/merge-indexes.ts";

/** Bugs of conflicts: an image of someone else is lost, one of ours is taken for one, or comparisons never become quiet. */
export const PLANTED_CONFLICTS: readonly PlantedBug[] = [
  {
    name: "a put is not announced",
    by: "conflicts",
    from: 540,
    file: "src/replication/state/tag-record.ts",
    find: "return { puts: [...puts, put].slice(-REMEMBERED_PUTS) };",
    replace: "return { puts: puts.slice(-REMEMBERED_PUTS) };",
  },
  {
    name: "every image at the target is taken for our own",
    by: "conflicts",
    file: OWN_DIGEST,
    find: "if (replicated?.digest === digest) return true;",
    replace: "if (replicated?.digest === digest || now > 0) return true;",
  },
  {
    name: "a merge keeps what the source has replaced",
    by: "conflicts",
    from: 37,
    file: MERGE,
    find: "theirs.manifests.filter((entry) => !isOfSource(entry)),",
    replace: "theirs.manifests,",
  },
  {
    name: "a decided conflict is requested again and again",
    by: "conflicts",
    file: "src/replication/conflict/settled-conflict.ts",
    find: "return isSame && isPlaced && now < until && policies",
    replace: "return !isSame && isPlaced && now < until && policies",
  },
  {
    name: "a decided conflict is never decided again",
    by: "conflicts",
    from: 18,
    file: "src/replication/conflict/settled-conflict.ts",
    find: "const isSame = source === digest && atTarget.get(tag) === target;",
    replace: "const isSame = source === digest && (atTarget.get(tag) === target || digest !== target);",
  },
  {
    name: "the image of a target that wins is not copied",
    by: "conflicts",
    file: "src/replication/conflict/resolve-conflict.ts",
    find: 'return { kind: "keep", reason: "target-wins", copiesContent: true };',
    replace: 'return { kind: "keep", reason: "target-wins", copiesContent: false };',
  },
];
