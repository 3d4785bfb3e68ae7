import * as z from "zod";
import type { Digest } from "../../oci/digest.ts";
import { isRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { FailedSends, addFailedSend } from "./failed-sends.ts";
import type { Change } from "./record-store.ts";

const SharedFrom = z.string().refine(isRepositoryName);

/**
 * What is known about one blob or manifest in one target repository. It is a hint that saves requests: if the registry
 * contradicts it, the checkpoint is reset and the content is sent again.
 */
export const Checkpoint = z.discriminatedUnion("state", [
  /**
   * `repository`: a repository of the destination that has the content; others can mount it from there. `preCopiedAt`: a pre-copy sent
   * it then, and no tag has used it yet; epoch milliseconds.
   */
  z.object({ state: z.literal("present"), repository: SharedFrom.optional(), preCopiedAt: z.number().optional() }),
  /** `owner` holds the upload claim `until` (epoch milliseconds), unless it renews. `isLong`: a copy of the long lane, which may take hours. */
  z.object({
    state: z.literal("uploading"),
    owner: z.string(),
    until: z.number(),
    isLong: z.boolean().optional(),
    failed: FailedSends.optional(),
  }),
  z.object({ state: z.literal("unknown"), failed: FailedSends.optional() }),
]);
export type Checkpoint = z.infer<typeof Checkpoint>;

export type ClaimedContent =
  /** `isPreCopied`: a pre-copy sent it, and this copy is the first to use it. */
  | { readonly kind: "present"; readonly repository: RepositoryName | undefined; readonly isPreCopied: boolean }
  /** Another copy holds the claim `until` (epoch milliseconds). `isLong`: it may hold it for hours. */
  | { readonly kind: "busy"; readonly until: number; readonly isLong: boolean }
  /** `maybe`: an earlier claim expired, or a pre-copy is old, so the target may have it. `failed`: earlier sends that the target did not keep. */
  | { readonly kind: "claimed"; readonly maybe: boolean; readonly failed: FailedSends | undefined };

export interface ClaimContent {
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  /** The claiming copy runs in the long lane. */
  readonly isLong?: boolean | undefined;
  /** The claiming copy is a pre-copy. */
  readonly isPreCopy?: boolean | undefined;
}

/** After this long, the target is asked for content that only a pre-copy sent: it may have collected it as garbage. Milliseconds. */
const PRE_COPY_TRUST_MS = 1_800_000;

/** The key of a blob or manifest in one repository of one destination, or in the destination as a whole. */
export function contentKey(scope: string, digest: Digest): string {
  return `${scope}@${digest}`;
}

/** Claims the upload of some content, unless the target has it or another copy holds an unexpired claim. */
export function claimContent(known: Checkpoint | undefined, claim: ClaimContent): Change<Checkpoint, ClaimedContent> {
  if (known?.state === "present" && isTrusted(known, claim.now)) return usePresent(known, claim);
  if (known?.state === "uploading" && known.owner !== claim.owner && known.until > claim.now) {
    return { answer: { kind: "busy", until: known.until, isLong: known.isLong === true } };
  }
  const until = claim.now + claim.leaseMs;
  const isLong = claim.isLong === true ? { isLong: true } : {};
  return {
    next: { state: "uploading", owner: claim.owner, until, ...isLong, ...failedOf(known) },
    answer: {
      kind: "claimed",
      maybe: mayBeThere(known, claim.owner),
      failed: failedOf(known).failed,
    },
  };
}

/** An untrusted checkpoint, or the expired claim of another copy. */
function mayBeThere(known: Checkpoint | undefined, owner: string): boolean {
  return known?.state === "present" || (known?.state === "uploading" && known.owner !== owner);
}

type Present = Extract<Checkpoint, { state: "present" }>;

function isTrusted({ preCopiedAt }: Present, now: number): boolean {
  return preCopiedAt === undefined || now - preCopiedAt < PRE_COPY_TRUST_MS;
}

/** The first tag that uses pre-copied content removes its mark. */
function usePresent(
  { repository, preCopiedAt }: Present,
  { isPreCopy }: ClaimContent,
): Change<Checkpoint, ClaimedContent> {
  const isPreCopied = preCopiedAt !== undefined && isPreCopy !== true;
  const answer = { kind: "present", repository, isPreCopied } as const;
  return isPreCopied ? { next: present(repository), answer } : { answer };
}

function present(repository: RepositoryName | undefined): Present {
  return repository === undefined ? { state: "present" } : { state: "present", repository };
}

/** Extends the claim; false when this copy no longer holds it. */
export function renewContent(known: Checkpoint | undefined, claim: ClaimContent): Change<Checkpoint, boolean> {
  if (known?.state !== "uploading" || known.owner !== claim.owner) return { answer: false };
  return { next: { ...known, until: claim.now + claim.leaseMs }, answer: true };
}

/** Where content is, and whether a pre-copy sent it; epoch milliseconds. */
export interface CompletedContent {
  readonly repository?: RepositoryName | undefined;
  readonly preCopiedAt?: number | undefined;
}

/** Marks the content as present: the registry confirmed it. The claim of another copy is left alone; that copy finishes its upload. */
export function completeContent(
  known: Checkpoint | undefined,
  owner: string,
  { repository, preCopiedAt }: CompletedContent = {},
): Change<Checkpoint, void> {
  if (known?.state === "uploading" && known.owner !== owner) return { answer: undefined };
  const mark = preCopiedAt === undefined ? {} : { preCopiedAt };
  return { next: { ...present(repository), ...mark }, answer: undefined };
}

/** Gives up the claim of an upload that did not finish. */
export function releaseContent(known: Checkpoint | undefined, owner: string): Change<Checkpoint, void> {
  if (known?.state !== "uploading" || known.owner !== owner) return { answer: undefined };
  return { next: { state: "unknown", ...failedOf(known) }, answer: undefined };
}

/** Counts a send that the target received completely and did not keep. Undefined when this copy no longer holds the claim. */
export function failContent(
  known: Checkpoint | undefined,
  { owner, now }: Pick<ClaimContent, "owner" | "now">,
  bytes: number,
): Change<Checkpoint, FailedSends | undefined> {
  if (known?.state !== "uploading" || known.owner !== owner) return { answer: undefined };
  const failed = addFailedSend(known.failed, bytes, now);
  return { next: { ...known, failed }, answer: failed };
}

function failedOf(known: Checkpoint | undefined): { readonly failed?: FailedSends } {
  return known === undefined || known.state === "present" || known.failed === undefined ? {} : { failed: known.failed };
}

/** Resets a checkpoint that the registry contradicts. The claim of a copy that is uploading the content is left alone. */
export function forgetContent(known: Checkpoint | undefined): Change<Checkpoint, void> {
  if (known?.state !== "present") return { answer: undefined };
  return { next: { state: "unknown" }, answer: undefined };
}
