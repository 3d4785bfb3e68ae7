import { scheduleProbe } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene } from "./stage.ts";

/** When a destination answers a probe, and when its circuit opens again: before the answer. Milliseconds. */
const ANSWERS_AFTER_MS = 5_000;
const REOPENS_AFTER_MS = 2_000;

/** A probe function whose circuit changes meanwhile. */
export const PROBE_SCENES: readonly Scene[] = [
  {
    name: "a circuit that opened again during a probe stays open",
    play: () =>
      play(
        { tookMs: (service) => (service === "gar" ? ANSWERS_AFTER_MS : 0) },
        async ({ cloud, world, process, requests, expect }) => {
          const since = world.time.now();
          const paused = { state: "paused", since, probedAt: since, isDone: true } as const;
          const open = { state: "open", since, until: since, trips: 1 } as const;
          const reopened = {
            state: "open",
            since: since + REOPENS_AFTER_MS,
            until: since + 600_000,
            trips: 1,
          } as const;
          cloud.queuePauses.set("gar", { version: 1, record: paused });
          cloud.circuits.set("gar", { version: 1, record: open });
          world.time.after(REOPENS_AFTER_MS, () => cloud.circuits.set("gar", { version: 2, record: reopened }));
          scheduleProbe(cloud, 1);
          await process.sleep(50_000);
          expect(requests("gar", "POST") > 0, "the destination is not probed");
          const found = JSON.stringify(cloud.circuits.get("gar")?.record);
          expect(found === JSON.stringify(reopened), `the circuit is ${found}`);
        },
      ),
  },
  {
    name: "a pause that an operator asks for during a probe outlasts the outage",
    play: () =>
      play(
        { tookMs: (service) => (service === "gar" ? ANSWERS_AFTER_MS : 0) },
        async ({ cloud, world, process, requests, expect }) => {
          const since = world.time.now();
          const paused = { state: "paused", since, probedAt: since, isDone: true } as const;
          const open = { state: "open", since, until: since, trips: 1 } as const;
          const held = { state: "held", since, by: "ann", isDone: false } as const;
          cloud.queuePauses.set("gar", { version: 1, record: paused });
          cloud.circuits.set("gar", { version: 1, record: open });
          world.time.after(REOPENS_AFTER_MS, () => cloud.queuePauses.set("gar", { version: 2, record: held }));
          scheduleProbe(cloud, 200_000);
          await process.sleep(190_000);
          expect(requests("gar", "POST") > 0, "the destination is not probed");
          const found = JSON.stringify(cloud.queuePauses.get("gar")?.record);
          expect(found === JSON.stringify({ ...held, isDone: true }), `the pause is ${found}`);
        },
      ),
  },
];
