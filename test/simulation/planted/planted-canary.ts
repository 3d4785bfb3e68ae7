import type { PlantedBug } from "./planted-bugs.ts";

const RULE = "a disabled rule is told by the canary within two intervals";

/** Bugs of canaries: they say that the path is whole when it is not. */
export const PLANTED_CANARY: readonly PlantedBug[] = [
  {
    name: "what a comparison copied counts as an arrival",
    by: "scenes",
    scene: RULE,
    file: "src/replication/canary/canary-arrival.ts",
    find: "receipt.acceptedAt !== undefined",
    replace: "receipt.endedAt > 0",
  },
  {
    name: "the age of a canary counts from the last push",
    by: "scenes",
    scene: RULE,
    file: "src/replication/canary/canary-record.ts",
    find: "now - (known.arrived?.at ?? known.since)",
    replace: "now - (pushed?.at ?? known.since)",
    and: {
      find: "canaryAgeMs({ destinations }: CanaryRecord",
      replace: "canaryAgeMs({ pushed, destinations }: CanaryRecord",
    },
  },
  {
    name: "a canary is awaited until its request is sent again by another queue",
    by: "scenes",
    scene: "the canary tells that a live queue has no reader",
    file: "src/replication/canary/canary-record.ts",
    find: "isAwaited ? Math.min(intervalMs, LONGEST_AWAITED_MS) : intervalMs",
    replace: "isAwaited && record.pushed === undefined ? LONGEST_AWAITED_MS : intervalMs",
  },
  {
    name: "the late request of an older canary counts as the arrival of the newest",
    by: "scenes",
    scene: "the canary tells that a live queue has no reader",
    file: "src/replication/canary/canary-arrival.ts",
    find: "receipt.pushedAt >= at - CLOCKS_DIFFER_MS",
    replace: "receipt.pushedAt >= 0 - CLOCKS_DIFFER_MS - at",
  },
];
