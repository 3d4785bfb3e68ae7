import type { Layer } from "./layer.ts";

/** The folders of `src/replication`, a part of the table in `layers.ts`. */
export const REPLICATION_ROOMS: NonNullable<Layer["rooms"]> = {
  rules: { holds: "which rule selects an image, by what is known", rooms: ["conflict", "gate", "outcome"] },
  conflict: {
    holds: "what happens to a tag of the target that someone else has moved",
    rooms: ["outcome", "state"],
  },
  planning: { holds: "from a push event to copy requests", rooms: ["rules", "outcome"] },
  arrivals: { holds: "notifications of other registries as push events", rooms: ["planning"] },
  image: {
    holds: "an image as it is read: its tree, platforms, referrers and cosign tags",
    rooms: ["outcome", "state"],
  },
  decide: {
    holds: "what is to be done with one tag, decided before anything is written",
    rooms: ["conflict", "image", "outcome"],
  },
  copy: {
    holds: "one copy request, from the lease to the report",
    rooms: [
      "decide",
      "conflict",
      "contents",
      "gate",
      "holds",
      "image",
      "pacing",
      "planning",
      "outcome",
      "spans",
      "state",
    ],
  },
  contents: { holds: "what a copied image consists of, for people", rooms: ["image"] },
  gate: { holds: "what an image must have before it leaves the source", rooms: ["image", "outcome"] },
  pending: { holds: "pushes that were accepted and have not ended", rooms: ["planning", "outcome", "state"] },
  "pre-copy": {
    holds: "blobs that are copied before a tag names them, and their budget",
    rooms: ["image", "copy", "pacing", "state"],
  },
  notices: {
    holds: "what channels are told, once, and what they were told",
    rooms: ["pending", "rules", "state"],
  },
  pacing: { holds: "how many uploads run at once, and what fits into the time left", rooms: ["outcome", "state"] },
  outcome: { holds: "how a copy ended, why, and its receipt", rooms: [] },
  spans: { holds: "what of a copy took how long, as spans of a trace", rooms: [] },
  proof: { holds: "receipts as statements: chained, signed, exported, verified", rooms: ["outcome"] },
  state: { holds: "records of the table: leases, checkpoints, progress", rooms: ["outcome"] },
  destination: { holds: "circuit breaker, rate and queue pause of one destination", rooms: ["state"] },
  backfill: { holds: "what of the time before a deployment is copied", rooms: ["state"] },
  reconcile: {
    holds: "the comparison of source and target",
    rooms: ["backfill", "conflict", "holds", "outcome", "planning", "rules", "state"],
  },
  canary: { holds: "an image that is pushed to show that pushes arrive", rooms: ["outcome"] },
  prune: { holds: "records without a use, and their removal", rooms: ["cycle", "deletes", "destination", "jobs"] },
  jobs: { holds: "jobs of operators: what they do, when, and how their runs ended", rooms: ["state"] },
  holds: {
    holds: "repositories that operators have paused, and copies that they have cancelled",
    rooms: ["outcome", "state"],
  },
  cycle: { holds: "when all repositories are compared, and where that continues", rooms: ["reconcile", "state"] },
  deletes: {
    holds: "which tags are deleted at the target, when, and how many",
    rooms: ["reconcile", "cycle", "planning", "conflict", "rules", "outcome", "state"],
  },
};
