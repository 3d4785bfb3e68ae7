import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";
import type { ReadEvent } from "../planning/push-event.ts";
import { issueOf, malformed } from "./arrival.ts";

const Id = z.string().min(1).max(128);

/** What the arrivals function invokes the fan-out function with: a push, a delete, or a notification that cannot be read, which gets a receipt. */
const Forwarded = z.strictObject({
  source: z.literal("freightliner.arrivals"),
  version: z.literal(1),
  event: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("pushed"),
      pushed: z.strictObject({
        id: Id,
        repository: z.string().refine(isRepositoryName, "is not a repository name"),
        reference: z.string().refine((text): text is Tag | Digest => isTag(text) || isDigest(text)),
        isUntagged: z.boolean(),
        pushedAt: z.int().nonnegative(),
      }),
    }),
    z.strictObject({
      kind: z.literal("deleted"),
      deleted: z.strictObject({
        id: Id,
        repository: z.string().refine(isRepositoryName, "is not a repository name"),
        tag: z.string().refine(isTag, "is not a tag"),
        digest: z.string().refine(isDigest, "is not a digest").optional(),
        deletedAt: z.int().nonnegative(),
      }),
    }),
    z.strictObject({ kind: z.literal("malformed"), id: Id, problem: z.string() }),
  ]),
});
export type Forwarded = z.infer<typeof Forwarded>;

/** An event to forward; undefined for one that requires nothing. @param id stands for the id of an event without one. */
export function forwardedOf(event: ReadEvent, id: string): Forwarded | undefined {
  const common = { source: "freightliner.arrivals", version: 1 } as const;
  if (event.kind === "ignored") return undefined;
  if (event.kind !== "malformed") return { ...common, event };
  return { ...common, event: { kind: "malformed", id: event.id ?? id, problem: event.problem } };
}

/** Parses an event of the arrivals function. Never throws. */
export function readForwarded(event: unknown): ReadEvent {
  const forwarded = Forwarded.safeParse(event);
  return forwarded.success ? forwarded.data.event : malformed(undefined, issueOf(forwarded.error));
}
