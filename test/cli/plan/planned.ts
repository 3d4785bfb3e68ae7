import * as z from "zod";

const Group = z.object({
  rule: z.string().optional(),
  reason: z.string(),
  images: z.number(),
  samples: z.array(z.string()),
});

const Destination = z.object({
  totals: z.object({
    copies: z.number(),
    deletes: z.number(),
    bytes: z.number(),
    mountBytes: z.number(),
    requests: z.object({ source: z.number(), target: z.number() }),
  }),
  skipped: z.array(Group),
  pendingCount: z.object({ count: z.number() }),
  equal: z.object({ images: z.number() }),
  copies: z.array(z.object({ how: z.string(), repository: z.string(), reference: z.string(), as: z.string() })),
  cost: z.object({ paths: z.array(z.object({ path: z.string(), dollars: z.number(), saves: z.number() })) }),
});

/** What `plan --json` says about the only destination. */
export function readPlanned(text: string): z.infer<typeof Destination> {
  const [destination] = z.object({ destinations: z.array(Destination) }).parse(JSON.parse(text)).destinations;
  if (destination === undefined) throw new Error("the plan has no destination");
  return destination;
}
