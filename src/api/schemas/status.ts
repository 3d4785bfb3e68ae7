import { z } from "../zod/z.ts";
import type { StackStatus } from "../../wiring/operations/stack-status.ts";
import { ListedTag, listedTagOf } from "./tag.ts";

const Pending = z.object({
  copies: z.int(),
  bytes: z.number(),
  oldestMs: z.number(),
  late: z.int().openapi({ description: "Copies that are later than the goal." }),
});

/** One destination. Times are epoch milliseconds. */
export const Destination = z
  .object({
    name: z.string(),
    circuit: z.object({ state: z.enum(["closed", "open", "half-open"]), since: z.number().optional() }),
    queues: z.object({
      state: z.enum(["full", "paused", "held", "reopening"]),
      by: z.string().optional().openapi({ description: "The operator who has paused them." }),
      depths: z.array(z.object({ priority: z.string(), waiting: z.int(), inFlight: z.int() })),
    }),
    requestsPerSecond: z.number().optional(),
    pending: Pending,
    leftOut: z
      .object({ images: z.int(), bytes: z.number(), why: z.string() })
      .optional()
      .openapi({ description: "What the backfill policy leaves out." }),
  })
  .openapi("Destination");
export type Destination = z.infer<typeof Destination>;

/** A repository of the source that an operator has paused. */
export const PausedRepository = z
  .object({
    repository: z.string(),
    by: z.string().openapi({ description: "The operator who has paused it." }),
    since: z.number(),
    waiting: z.int().openapi({ description: "Its pushes that were set aside, at all destinations." }),
  })
  .openapi("PausedRepository");
export type PausedRepository = z.infer<typeof PausedRepository>;

const Comparison = z.object({
  name: z.string(),
  begins: z.string(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
});

const Arrival = z.object({ key: z.string(), digest: z.string(), at: z.number() });

/** The state of a stack. */
export const Status = z
  .object({
    at: z.number(),
    tags: z.object({
      all: z.int(),
      equal: z.int(),
      copying: z.int(),
      waiting: z.int(),
      failed: z.int(),
      skipped: z.int(),
      quarantined: z.int(),
      cancelled: z.int(),
    }),
    deadLetters: z.int(),
    destinations: z.array(Destination),
    pausedRepositories: z.array(PausedRepository),
    comparisons: z.array(Comparison),
    /** Tags that differ from the source, the longest lag first; at most a hundred. */
    behind: z.array(ListedTag),
    /** The tags that arrived last. */
    arrived: z.array(Arrival),
  })
  .openapi("Status");
export type Status = z.infer<typeof Status>;

/** Entries of `behind`. */
const SHOWN = 100;

export function statusOf({ behind, destinations, ...status }: StackStatus): Status {
  // The schema leaves out what the API does not have.
  return Status.parse({
    ...status,
    destinations: destinations.map(destinationOf),
    behind: behind.slice(0, SHOWN).map(listedTagOf),
  });
}

export function destinationOf({
  intake,
  queues,
  rate,
  ...destination
}: StackStatus["destinations"][number]): Destination {
  return Destination.parse({
    ...destination,
    queues: { state: intake.state, by: "by" in intake ? intake.by : undefined, depths: queues },
    requestsPerSecond: rate,
  });
}
