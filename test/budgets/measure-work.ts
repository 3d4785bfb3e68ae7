import { Session } from "node:inspector/promises";
import { createTagCopier } from "../../bench/tools/tag-copier.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import type { Work } from "./work.ts";

// Copies tags one after another by the code of the copy function, and prints the work as JSON. The first tags are not counted: they connect, and
// load what is loaded late. Arguments: source, target, number of tags that are not counted, tags.
//
// V8's precise coverage counts each call (https://v8.dev/blog/javascript-code-coverage). The process needs a young generation that is never
// full: a collection would free memory that must be counted.

const [from = "", to = "", uncounted = "0", ...tags] = process.argv.slice(2);

// No timer fires: on a busy machine a late answer would be hedged, which is one more request.
const clock = { ...systemClock, after: () => () => undefined };
await using copier = createTagCopier({ from, to, clock });
await copier.copy(tags.slice(0, Number(uncounted)), 1);

using session = openSession();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
const heapBefore = process.memoryUsage().heapUsed;
await copier.copy(tags.slice(Number(uncounted)), 1);
const heapBytes = process.memoryUsage().heapUsed - heapBefore;
const { result } = await session.post("Profiler.takePreciseCoverage");

// The first function of a script is the script itself.
const counts = result.flatMap(({ functions }) => functions.slice(1).map(({ ranges }) => ranges[0]?.count ?? 0));
const work: Work = { calls: counts.reduce((sum, count) => sum + count, 0), heapBytes };
process.stdout.write(JSON.stringify(work));

function openSession(): Session & Disposable {
  const opened = new Session();
  opened.connect();
  return Object.assign(opened, { [Symbol.dispose]: () => opened.disconnect() });
}
