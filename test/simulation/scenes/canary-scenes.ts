import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { Configuration } from "../../../src/contract/configuration/configuration.ts";
import { canaryLimitSeconds } from "../../../src/contract/stack/limits.ts";
import { scheduleCanary } from "../cloud/canary-function.ts";
import type { EmittedAge, Watched } from "../cloud/canary-function.ts";
import { documentWith } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import type { Queue } from "../cloud/queue.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { scheduleProbe, scheduleReconcile } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const INTERVAL_MINUTES = 10;
const TWO_INTERVALS_MS = 2 * INTERVAL_MINUTES * MINUTE_MS;
const LIMIT_SECONDS = canaryLimitSeconds(INTERVAL_MINUTES);
const FUNCTION_MS = 15 * MINUTE_MS;
const END_MS = 58 * MINUTE_MS;

function withCanary(intervalMinutes: number): Configuration {
  const stack = { canary: { repository: "app", intervalMinutes } };
  return parseConfiguration({ ...documentWith({}, "gar", "hub"), stack });
}

/** The EventBridge rule that sends pushes to the source to the fan-out function. */
interface PushRule {
  isEnabled: boolean;
}

/** Starts everything that a push goes through. */
function start({ cloud, world }: Stage): { readonly rule: PushRule } & Watched {
  const rule: PushRule = { isEnabled: true };
  const fanOut = createFanOutFunction(cloud);
  let events = 0;
  cloud.onPushed = (repository, tag, digest) => {
    cloud.source.repository(repository).pushedAt.set(digest, world.time.now());
    if (rule.isEnabled) fanOut({ id: `e${events++}`, repository, tag, digest, at: world.time.now() });
  };
  startCopyFunction(cloud);
  return { rule, ...scheduleCanary(cloud, END_MS) };
}

/** When the alarm of a destination would have its minutes above the limit, from a time on; undefined: never. */
function breachAfter(ages: readonly EmittedAge[], destination: string, from: number): number | undefined {
  const own = ages.filter((age) => age.destination === destination && age.at >= from);
  return own.find(({ seconds }, index) => seconds > LIMIT_SECONDS && (own[index + 1]?.seconds ?? 0) > LIMIT_SECONDS)
    ?.at;
}

/** Canaries and what they tell of the path. */
export const CANARY_SCENES: readonly Scene[] = [
  {
    name: "a disabled rule is told by the canary within two intervals, although the comparison repairs each of them",
    play: () =>
      play(
        {},
        async (stage) => {
          const { cloud, process, expect } = stage;
          const { rule, ages } = start(stage);
          scheduleReconcile(cloud, MINUTE_MS, END_MS);
          const offAt = 21 * MINUTE_MS;
          await process.sleep(offAt);
          for (const name of cloud.places.keys()) {
            expect(breachAfter(ages, name, 0) === undefined, `${name} breaches while the rule is enabled`);
          }
          rule.isEnabled = false;
          const repaired = new Set<string>();
          cloud.onTag = (name) => void repaired.add(name);
          await process.sleep(TWO_INTERVALS_MS);
          for (const name of cloud.places.keys()) {
            expect(breachAfter(ages, name, offAt) !== undefined, `${name} does not breach within two intervals`);
            expect(repaired.has(name), `the comparison has brought no canary to ${name}`);
          }
          rule.isEnabled = true;
          await process.sleep((INTERVAL_MINUTES + 2) * MINUTE_MS);
          const last = ages.at(-1);
          expect(
            last !== undefined && last.seconds < 5 * 60,
            `the last age is ${last?.seconds} s after the rule is enabled`,
          );
        },
        FUNCTION_MS,
        withCanary(INTERVAL_MINUTES),
      ),
  },
  {
    name: "a destination that is down is told by its canary alone",
    play: () => {
      const isDown = { value: false };
      const reply = (service: string) => (service === "hub" && isDown.value ? { status: 503 } : undefined);
      return play(
        { reply },
        async (stage) => {
          const { cloud, process, expect } = stage;
          const { ages } = start(stage);
          scheduleReconcile(cloud, MINUTE_MS, END_MS);
          await process.sleep(15 * MINUTE_MS);
          isDown.value = true;
          await process.sleep(TWO_INTERVALS_MS);
          expect(breachAfter(ages, "hub", 0) !== undefined, "hub does not breach");
          expect(breachAfter(ages, "gar", 0) === undefined, "gar breaches");
        },
        FUNCTION_MS,
        withCanary(INTERVAL_MINUTES),
      );
    },
  },
  {
    name: "the canary tells that a live queue has no reader, although the probe sends its requests by another queue",
    play: () =>
      play(
        {},
        async (stage) => {
          const { cloud, process, expect } = stage;
          for (const { queue } of cloud.places.values()) {
            const open: Queue = { ...queue };
            const onlyBackfill: Queue["send"] = (body, priority, delayMs) => {
              if (priority !== "live") open.send(body, priority, delayMs);
            };
            Object.assign(queue, { send: onlyBackfill });
          }
          const repaired = new Set<string>();
          cloud.onTag = (name) => void repaired.add(name);
          const { arrivals } = start(stage);
          scheduleProbe(cloud, END_MS);
          await process.sleep(END_MS - MINUTE_MS);
          for (const name of cloud.places.keys()) {
            expect(!arrivals.includes(name), `a canary counts as arrived at ${name}`);
            expect(repaired.has(name), `no canary has come to ${name} by another way`);
          }
        },
        FUNCTION_MS,
        // Longer than the probe waits before it sends a request again.
        withCanary(60),
      ),
  },
];
