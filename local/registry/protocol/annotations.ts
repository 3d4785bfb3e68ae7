import * as z from "zod";

const Annotated = z.object({ annotations: z.record(z.string(), z.string()).optional() });

/** A manifest's annotations; a referrers listing repeats them (distribution-spec, "Listing Referrers"). */
export function annotationsOf(bytes: Uint8Array): Record<string, string> | undefined {
  return Annotated.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data?.annotations;
}
