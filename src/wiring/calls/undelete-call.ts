import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";

/** The event by which an operator has the reconcile function undo a deletion: the function deletes, so its login may also put the tag again. */
export const UndeleteCall = z.strictObject({
  undelete: z.strictObject({
    destination: z.string(),
    /** At the destination. */
    repository: z.string().refine(isRepositoryName, "is not a repository name"),
    tag: z.string().refine(isTag, "is not a tag"),
    /** The host at which the operator believes the destination to be. */
    registry: z.string().optional(),
  }),
});
export type UndeleteCall = z.output<typeof UndeleteCall>;

const digest = z.string().refine(isDigest);

/** How it ended; `elsewhere` and `failed` apart, as `src/replication/deletes/undelete.ts` says it. */
export const UndeleteReport = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("kept"), digest }),
  z.object({ kind: z.literal("restored"), digest }),
  z.object({ kind: z.literal("present"), digest }),
  z.object({ kind: z.literal("unknown") }),
  z.object({ kind: z.literal("lost"), digest }),
  z.object({ kind: z.literal("busy"), until: z.number() }),
  /** The destination is at another registry than the operator believes; nothing was done. */
  z.object({ kind: z.literal("elsewhere"), registry: z.string() }),
  /** The destination did not answer, or refused. */
  z.object({ kind: z.literal("failed"), problem: z.string() }),
]);
export type UndeleteReport = z.output<typeof UndeleteReport>;
