import { parseArgs } from "node:util";
import { playConflicts } from "./plays/conflicts.ts";
import { LATE_POINTS, playLate } from "./plays/late-points.ts";
import { playRing } from "./plays/ring.ts";
import { SCENES } from "./scenes/scenes.ts";
import { simulate } from "./simulate.ts";

// `npm run simulate -- --seeds N --from S` plays N seeds, prints those that break a promise with their timelines, and exits with
// status 1 if there are any. `--scenes` plays the scenes instead, or with `--scene` those with a text in their name; `--late` plays late calls, from point `--from` on; `--conflicts`
// plays seeds in which others move tags at the target, `--ring` those in which three registries copy to each other. `--stop` stops at the first violation, without a timeline. `--trace` prints the timeline of the first seed in any case.

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "0" },
    trace: { type: "boolean" },
    stop: { type: "boolean" },
    scenes: { type: "boolean" },
    scene: { type: "string", default: "" },
    late: { type: "boolean" },
    conflicts: { type: "boolean" },
    ring: { type: "boolean" },
  },
});
const started = performance.now();
const first = Number(values.from);
const last = values.scenes === true || values.late === true ? first : first + Number(values.seeds);
let broken = 0;

function play(
  seed: number,
  isTraced: boolean,
): Promise<{ readonly violations: readonly string[]; readonly trace: readonly string[] }> {
  if (values.conflicts === true) return playConflicts(seed, isTraced);
  if (values.ring === true) return playRing(seed, isTraced);
  return simulate(seed, { isTraced, stops: values.stop === true });
}

for (const scene of values.scenes === true ? SCENES : []) {
  if (!scene.name.includes(values.scene)) continue;
  const problems = await scene.play();
  if (problems.length === 0) continue;
  broken++;
  process.stdout.write(`scene ${scene.name}: ${problems.join("; ")}\n`);
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
  const result = await play(seed, isFirst);
  if (isFirst) process.stdout.write(`${result.trace.join("\n")}\n`);
  if (result.violations.length === 0) continue;
  broken++;
  process.stdout.write(`seed ${seed}: ${result.violations.join("; ")}\n`);
  if (broken === 1 && values.trace !== true && values.stop !== true) {
    const { trace } = await play(seed, true);
    process.stdout.write(`${trace.join("\n")}\n`);
  }
  if (values.stop === true) break;
}
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(`${broken} of ${last - first} seeds broke a promise, ${seconds.toFixed(1)} s\n`);
process.exitCode = broken > 0 ? 1 : 0;
