import * as z from "zod";

/** The default: all of a small registry. Of a large one it costs about 10 dollars. */
const DEFAULT_GIGABYTES = 100;
const GIGABYTE = 1e9;

/** What is copied of the images that were pushed before a destination was deployed. */
export const BackfillDocument = z
  .union(
    [
      z.enum(["off", "everything"]),
      z.strictObject({ since: z.union([z.iso.date(), z.iso.datetime({ offset: true })]) }),
      z.strictObject({ upToGigabytes: z.number().positive().max(1e9) }),
    ],
    { error: "is neither off, everything, { since: DATE } nor { upToGigabytes: N }" },
  )
  .default({ upToGigabytes: DEFAULT_GIGABYTES });

/** A `BackfillPolicy`, which explains the fields. */
export type BackfillSetting =
  | { readonly kind: "off" | "everything" }
  | { readonly kind: "since"; readonly since: number }
  | { readonly kind: "up-to"; readonly bytes: number };

export function compileBackfill(written: z.output<typeof BackfillDocument>): BackfillSetting {
  if (typeof written === "string") return { kind: written };
  if ("since" in written) return { kind: "since", since: Date.parse(written.since) };
  return { kind: "up-to", bytes: written.upToGigabytes * GIGABYTE };
}
