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
];
