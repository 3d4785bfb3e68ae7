import type { PlantedBug } from "./planted-bugs.ts";

const WAITS =
  "pushes of a paused repository wait without messages, delay no other repository, and arrive after the pause";
const AROUND = "comparisons and pre-copies do not go round the pause of a repository";
const ASKED_AGAIN =
  "a request of a comparison that meets a pause is asked for again after it, also one that failed before";
const SET_ASIDE = "functions/copy/set-aside.ts";
const REQUEST_RESUMED = "functions/probe/request-resumed.ts";

/** Bugs of paused repositories: something goes on that must rest, or does not come back. */
export const PLANTED_PAUSES: readonly PlantedBug[] = [
  {
    name: "a copy begins although its repository is paused",
    by: "scenes",
    scene: WAITS,
    file: SET_ASIDE,
    find: 'return pause === undefined ? { kind: "open" }',
    replace: 'return pause === undefined || pause.since > 0 ? { kind: "open" }',
  },
  {
    name: "messages of a paused repository stay in the queue",
    by: "scenes",
    scene: WAITS,
    file: "functions/copy/handler.ts",
    find: "if (isSetAside === true) return true;",
    replace: "",
  },
  {
    name: "pushes that were set aside are not requested after the pause",
    by: "scenes",
    scene: WAITS,
    file: REQUEST_RESUMED,
    find: "(await pauses.of(push.repository, signal)) === undefined",
    replace: "(await pauses.of(push.repository, signal))?.since === 0",
  },
  {
    name: "pushes are requested while their repository is paused",
    by: "scenes",
    scene: WAITS,
    file: REQUEST_RESUMED,
    find: "(await pauses.of(push.repository, signal)) === undefined",
    replace: "(await pauses.of(push.repository, signal))?.since !== 0",
  },
  {
    name: "a push is not late while its repository is paused",
    by: "scenes",
    scene: WAITS,
    file: "functions/probe/measure-pending.ts",
    find: "return push.lateAt === undefined && ",
    replace: "return push.lateAt === undefined && !isSetAside(push) && ",
  },
  {
    name: "the comparison asks for copies of a paused repository",
    by: "scenes",
    scene: AROUND,
    file: "functions/reconcile/comparer.ts",
    find: "if ((await pauses.of(repository, signal)) === undefined) return compare",
    replace: "if ((await pauses.of(repository, signal))?.since !== 0) return compare",
  },
  {
    name: "a pre-copy of a paused repository sends its blobs",
    by: "scenes",
    scene: AROUND,
    file: "functions/copy/pre-copier.ts",
    find: '(await copies.pauses.of(request.repository, ending)) !== undefined) return nothingPreCopied("paused")',
    replace: '(await copies.pauses.of(request.repository, ending))?.since === 0) return nothingPreCopied("paused")',
  },
  {
    name: "the comparison takes a request that was set aside for one that waits",
    by: "scenes",
    scene: ASKED_AGAIN,
    file: "src/replication/reconcile/request-copies.ts",
    find: "if (isSetAside(record)) return true;",
    replace: "if (isSetAside(record)) asked?.at.toFixed();",
  },
];
