import { z } from "../zod/z.ts";

/** How one destination met the goal in a month. */
export const GoalReport = z
  .object({
    destination: z.string(),
    counted: z.int(),
    inTime: z.int(),
    late: z.int(),
    failed: z.int(),
    pendingLate: z.int(),
    pending: z.int(),
    skipped: z.int(),
    percent: z.number(),
    budgetUsed: z.number(),
    lagSeconds: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), most: z.number() }).optional(),
  })
  .openapi("GoalReport");

/** How well the destinations met the goal in a month of UTC. */
export const MonthReport = z
  .object({
    month: z.string(),
    goal: z.object({ percent: z.number(), withinMs: z.number() }),
    destinations: z.array(GoalReport),
  })
  .openapi("MonthReport");
export type MonthReport = z.infer<typeof MonthReport>;
