import { parseArgs } from "node:util";
import { LATE_POINTS, playLate } from "./plays/late-points.ts";
import { SEAMS } from "./seams.ts";
import { simulate } from "./simulate.ts";

// `npm run simulate -- --seeds N --from S`: plays seeds, prints those that break a promise with their timelines, and ends with
// status 1 if there were any. `--seams` plays the scenes between client, limiter and circuit instead, `--late` calls that are late at every point,
// from the point `--from` on. `--stop` ends at the first that is broken, without a timeline; `--trace` prints the timeline of the first seed in any case.

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "0" },
    trace: { type: "boolean" },
    stop: { type: "boolean" },
    seams: { type: "boolean" },
    late: { type: "boolean" },
  },
});
const started = performance.now();
const first = Number(values.from);
const last = values.seams === true || values.late === true ? first : first + Number(values.seeds);
let broken = 0;
for (const seam of values.seams === true ? SEAMS : []) {
  const problems = await seam.play();
  if (problems.length === 0) continue;
  broken++;
  process.stdout.write(`seam ${seam.name}: ${problems.join("; ")}\n`);
  if (values.stop === true) break;
}
for (const [index, point] of values.late === true ? LATE_POINTS.entries() : []) {
  if (index < first) continue;
  const problems = await playLate(point);
  if (problems.length === 0) continue;
  broken++;
  process.stdout.write(`late ${index}, ${point.fate} of call ${point.call}: ${problems.join("; ")}\n`);
  if (values.stop === true) break;
}
for (let seed = first; seed < last; seed++) {
  const isFirst = values.trace === true && seed === first;
  const result = await simulate(seed, { isTraced: isFirst, stops: values.stop === true });
  if (isFirst) process.stdout.write(`${result.trace.join("\n")}\n`);
  if (result.violations.length === 0) continue;
  broken++;
  process.stdout.write(`seed ${seed}: ${result.violations.join("; ")}\n`);
  if (broken === 1 && values.trace !== true && values.stop !== true) {
    const { trace } = await simulate(seed);
    process.stdout.write(`${trace.join("\n")}\n`);
  }
  if (values.stop === true) break;
}
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(`${broken} of ${last - first} seeds broke a promise, ${seconds.toFixed(1)} s\n`);
process.exitCode = broken > 0 ? 1 : 0;
