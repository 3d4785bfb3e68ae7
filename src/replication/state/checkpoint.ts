import * as z from "zod";
import type { Digest } from "../../oci/digest.ts";
import { isRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { FailedSends, addFailedSend } from "./failed-sends.ts";
import type { Change } from "./record-store.ts";

const SharedFrom = z.string().refine(isRepositoryName);

/**
 * What is known about one blob or manifest in one target repository. A hint that saves requests and never decides:
 * when the registry says otherwise, the checkpoint is forgotten and the content sent again.
 */
export const Checkpoint = z.discriminatedUnion("state", [
  /** `repository`: one of the destination that has it, for the others to share. */
  z.object({ state: z.literal("present"), repository: SharedFrom.optional() }),
  /** An uploader has it, until (epoch milliseconds) unless renewed; `isLong`: in the long lane, for hours perhaps. */
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
  | { readonly kind: "present"; readonly repository: RepositoryName | undefined }
  /** `isLong`: its uploader may be at it for hours. */
  | { readonly kind: "busy"; readonly until: number; readonly isLong: boolean }
  /** `maybe`: an uploader died at it, so it may have arrived all the same. `failed`: it was sent before, and not kept. */
  | { readonly kind: "claimed"; readonly maybe: boolean; readonly failed: FailedSends | undefined };

export interface ClaimContent {
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  /** Ours is a copy of the long lane. */
  readonly isLong?: boolean | undefined;
}

/** The key of a blob or manifest in one repository of one destination, or in the destination as a whole. */
export function contentKey(scope: string, digest: Digest): string {
  return `${scope}@${digest}`;
}

/** Becomes the one uploader of some content, unless it is there or somebody is at it. */
export function claimContent(known: Checkpoint | undefined, claim: ClaimContent): Change<Checkpoint, ClaimedContent> {
  if (known?.state === "present") return { answer: { kind: "present", repository: known.repository } };
  if (known?.state === "uploading" && known.owner !== claim.owner && known.until > claim.now) {
    return { answer: { kind: "busy", until: known.until, isLong: known.isLong === true } };
  }
  const until = claim.now + claim.leaseMs;
  const isLong = claim.isLong === true ? { isLong: true } : {};
  return {
    next: { state: "uploading", owner: claim.owner, until, ...isLong, ...failedOf(known) },
    answer: {
      kind: "claimed",
      maybe: known?.state === "uploading" && known.owner !== claim.owner,
      failed: known?.failed,
    },
  };
}

/** Goes on being the uploader; false when somebody else has taken over. */
export function renewContent(known: Checkpoint | undefined, claim: ClaimContent): Change<Checkpoint, boolean> {
  if (known?.state !== "uploading" || known.owner !== claim.owner) return { answer: false };
  return { next: { ...known, until: claim.now + claim.leaseMs }, answer: true };
}

/** The content is there: verified by the registry. Who is uploading it meanwhile, because we were too late, goes on. */
export function completeContent(
  known: Checkpoint | undefined,
  owner: string,
  repository?: RepositoryName,
): Change<Checkpoint, void> {
  if (known?.state === "uploading" && known.owner !== owner) return { answer: undefined };
  return {
    next: repository === undefined ? { state: "present" } : { state: "present", repository },
    answer: undefined,
  };
}

/** Stops being the uploader without having finished. */
export function releaseContent(known: Checkpoint | undefined, owner: string): Change<Checkpoint, void> {
  if (known?.state !== "uploading" || known.owner !== owner) return { answer: undefined };
  return { next: { state: "unknown", ...failedOf(known) }, answer: undefined };
}

/** What we sent was taken to the last byte and not kept. Undefined when another copy is the uploader by now. */
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

/** The registry denies having it, whatever we noted. Who is uploading it already goes on. */
export function forgetContent(known: Checkpoint | undefined): Change<Checkpoint, void> {
  if (known?.state !== "present") return { answer: undefined };
  return { next: { state: "unknown" }, answer: undefined };
}
