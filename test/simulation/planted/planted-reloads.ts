import type { PlantedBug } from "./planted-bugs.ts";

/** Bugs of a configuration that changes while copies run. */
export const PLANTED_RELOADS: readonly PlantedBug[] = [
  {
    name: "a document that changes what the stack is made of is used",
    by: "scenes",
    scene: "documents are refused, and rules removed and added, while images are pushed and copied",
    file: "src/reload/candidate.ts",
    find: "if (problems.length > 0) throw new ConfigurationError(problems);",
    replace: "",
  },
  {
    name: "a fresh push is skipped that only the newer configuration selects",
    by: "scenes",
    scene: "documents are refused, and rules removed and added, while images are pushed and copied",
    file: "functions/copy/route-request.ts",
    find: "isMaybePending(decided, request, now()) ? PENDING : skipped",
    replace: "pushAge(0, 0) < 0 ? PENDING : skipped",
  },
];
