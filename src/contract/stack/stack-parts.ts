import * as z from "zod";
import { VERSION } from "../version/version.ts";

/**
 * What a deployed stack is made of, as far as names depend on it. The command reads it from a function's variables: the configuration
 * itself is too large for them.
 */
export const StackParts = z.object({
  /** The version of Freightliner that was deployed; undefined before versions were written. */
  version: z.string().optional(),
  source: z.object({ account: z.string(), region: z.string() }),
  destinations: z.array(z.string()),
  longLane: z.boolean(),
  reconcile: z.object({
    everyMinutes: z.number(),
    schedules: z.array(z.object({ name: z.string(), at: z.string(), timeZone: z.string() })),
  }),
});
export type StackParts = z.infer<typeof StackParts>;

/** The parts of a configuration's stack, deployed by this version. */
export function stackPartsOf(configuration: {
  readonly source: StackParts["source"];
  readonly destinations: readonly { readonly name: string }[];
  readonly longLane: boolean;
  readonly reconcile: Omit<StackParts["reconcile"], "schedules"> & {
    readonly schedules: readonly StackParts["reconcile"]["schedules"][number][];
  };
}): StackParts {
  const { source, destinations, longLane, reconcile } = configuration;
  return {
    version: VERSION,
    source: { account: source.account, region: source.region },
    destinations: destinations.map(({ name }) => name),
    longLane,
    reconcile: {
      everyMinutes: reconcile.everyMinutes,
      schedules: reconcile.schedules.map(({ name, at, timeZone }) => ({ name, at, timeZone })),
    },
  };
}
