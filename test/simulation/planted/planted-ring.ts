import type { PlantedBug } from "./planted-bugs.ts";

const CONVERGE = "src/replication/conflict/converge.ts";
const DECIDE = "src/replication/conflict/decide-conflict.ts";

/** Bugs of registries that copy to each other in a circle: images go round for ever, the registries do not agree, or deletes are undone. */
export const PLANTED_RING: readonly PlantedBug[] = [
  {
    name: "the source wins against each image of someone else in a circle",
    by: "ring",
    from: 72,
    file: CONVERGE,
    find: 'return source > target ? "source" : "target";',
    replace: 'return source > target ? "source" : "source";',
  },
  {
    name: "an image that a registry had before is taken for the news",
    by: "ring",
    from: 2,
    file: CONVERGE,
    find: 'return sourceHasTarget ? "source" : "target";',
    replace: 'return sourceHasTarget ? "target" : "source";',
  },
  {
    name: "three images keep each other out of a tag for ever",
    by: "ring",
    from: 4,
    file: CONVERGE,
    find: 'if (!sourceHasTarget && hasStood({ source, target }, known, now)) return "source";',
    replace: 'if (sourceHasTarget && hasStood({ source, target }, known, now)) return "source";',
  },
  {
    name: "a comparison brings back a tag that was deleted",
    by: "ring",
    from: 1,
    file: DECIDE,
    find: "if (current === undefined && wasDeleted(asked)) return",
    replace: "if (current === undefined && !wasDeleted(asked) && signal.aborted) return",
  },
  {
    name: "the request of a comparison counts as a push of now",
    by: "ring",
    from: 7,
    file: "src/replication/reconcile/request-copies.ts",
    find: "if (pushedAt > 0 || replicated === undefined) return pushedAt;",
    replace: "if (pushedAt >= 0 || replicated === undefined) return pushedAt;",
  },
];
