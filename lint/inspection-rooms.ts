import type { Layer } from "./layer.ts";

/** The folders of `src/inspection`, a part of the table in `layers.ts`. */
export const INSPECTION_ROOMS: NonNullable<Layer["rooms"]> = {
  content: { holds: "an image as a whole, and what a target lacks of it", rooms: [] },
  plan: { holds: "what would be copied and deleted, and what that takes", rooms: ["content"] },
  cost: { holds: "what copies cost, by which path", rooms: ["plan"] },
  verify: { holds: "copies compared with their images, to the last blob", rooms: ["content", "plan"] },
  runs: {
    holds: "plans and verifications of jobs, in steps that several invocations take",
    rooms: ["plan", "cost", "verify"],
  },
};
