import { z } from "../zod/z.ts";
import type { ListedTag as TagStatus } from "../../replication/state/tag-status.ts";
import { describeOutcome } from "../../replication/outcome/outcome.ts";

const STATES = ["equal", "copying", "waiting", "failed", "skipped", "quarantined", "cancelled"] as const;
export const TagState = z.enum(STATES).openapi("TagState");

const Progress = z.object({
  blobs: z.int(),
  blobsDone: z.int(),
  /** Bytes to send, and sent. */
  bytes: z.int(),
  bytesSent: z.int(),
  inFlight: z
    .array(
      z.object({
        digest: z.string().openapi({ description: "The first 12 hex digits of its digest." }),
        size: z.int(),
        sent: z
          .int()
          .openapi({ description: "Bytes sent; with all of them, the destination still has to confirm it." }),
      }),
    )
    .optional()
    .openapi({ description: "Blobs that were being sent at the last heartbeat: the 16 largest, the largest first." }),
});

/** A tag of a destination, as its record has it. Times are epoch milliseconds. */
export const ListedTag = z
  .object({
    key: z.string().openapi({ description: "`DESTINATION/REPOSITORY:TAG`, with the repository at the destination." }),
    state: TagState,
    lagMs: z.number().openapi({
      description:
        "Age of its newest push, in milliseconds: it grows until the next push, also after the image has arrived. It is not the time from the push until the arrival, for which `/api/series` has `lagP50` and `lagP95`.",
    }),
    outcome: z.string().optional().openapi({ description: "How its last delivery ended: `failed: target-denied`." }),
    digest: z.string().optional().openapi({ description: "What the destination was last confirmed to have." }),
    replicatedAt: z.number().optional(),
    origin: z
      .object({ digest: z.string(), platforms: z.string() })
      .optional()
      .openapi({ description: "The source's index, and the platforms that were copied of it." }),
    copyingMs: z.number().optional().openapi({ description: "Milliseconds since its copy began." }),
    progress: Progress.optional(),
    copy: z.int().openapi({ description: "The number of its copy, by which it can be cancelled." }),
    cancelled: z
      .object({ by: z.string(), at: z.number() })
      .optional()
      .openapi({ description: "The operator who has cancelled its copy. One that still runs is about to end." }),
  })
  .openapi("Tag");
export type ListedTag = z.infer<typeof ListedTag>;

export function listedTagOf({
  key,
  state,
  lagMs,
  last,
  replicated,
  copyingMs,
  progress,
  copy,
  cancelled,
}: TagStatus): ListedTag {
  return {
    key,
    state,
    lagMs,
    copy,
    ...(last === undefined ? {} : { outcome: describeOutcome(last) }),
    ...(replicated === undefined ? {} : replicatedOf(replicated)),
    ...(copyingMs === undefined ? {} : { copyingMs }),
    ...(progress === undefined ? {} : { progress }),
    ...(cancelled === undefined ? {} : { cancelled }),
  };
}

function replicatedOf({ digest, at, origin }: NonNullable<TagStatus["replicated"]>) {
  return { digest, replicatedAt: at, ...(origin === undefined ? {} : { origin }) };
}

const short = () => z.string().openapi({ description: "The first 12 hex digits of a digest." });

const ContainedManifest = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    size: z.int().openapi({ description: "Bytes of the manifest itself." }),
    depth: z
      .int()
      .openapi({ description: "0: the image itself, or an attachment; after a manifest come those that it names." }),
    platform: z.string().optional(),
    artifactType: z.string().optional(),
    subject: short().optional(),
    bytes: z.int().openapi({ description: "Bytes of all its blobs." }),
    blobs: z.array(z.object({ digest: short(), mediaType: z.string(), size: z.int() })),
    moreBlobs: z.int(),
  })
  .openapi("ContainedManifest");

/** What the image of a tag consists of, as its last copy has read it; long lists are cut, and `more…` counts the rest. */
export const ImageContents = z
  .object({
    digest: z.string().openapi({ description: "What was read at the source." }),
    bytes: z.int().openapi({ description: "Bytes of all blobs, each counted once." }),
    manifests: z.array(ContainedManifest),
    moreManifests: z.int(),
    attached: z.array(ContainedManifest).openapi({ description: "Its referrers: signatures, SBOMs, attestations." }),
    moreAttached: z.int(),
    tags: z.array(z.string()).openapi({ description: "Tags of cosign about it." }),
    moreTags: z.int(),
  })
  .openapi("ImageContents");
export type ImageContents = z.infer<typeof ImageContents>;
