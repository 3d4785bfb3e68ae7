import { claimContent, completeContent, releaseContent, renewContent } from "./checkpoint.ts";
import type { ClaimContent, ClaimedContent } from "./checkpoint.ts";
import type { Clock } from "../../async/clock.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { RecordStore } from "./record-store.ts";
import { LATE_SHARE, LeaseLostError } from "./lease-heartbeat.ts";
import { NEVER } from "../../async/abort.ts";

/** The claims of one uploader on one blob. All are renewed, completed and released together. */
export interface UploadClaims {
  /**
   * Claims the content under a key; waits while another uploader has the claim. @throws {HeldByLongLaneError} when that is a copy of
   * the long lane and this is not: it may take hours. @throws {HeldElsewhereError} when this is a pre-copy, which never waits.
   */
  take(key: string, signal: AbortSignal): Promise<Exclude<ClaimedContent, { kind: "busy" }>>;
  /** False when another uploader has taken one of them. */
  renew(signal: AbortSignal): Promise<boolean>;
  /**
   * Ensures that the claims outlast any late effect of an upload that starts now (docs/understand/delivery.md, assumption A1), so that no other uploader sends
   * the blob at the same time. @throws {LeaseLostError} when another uploader has taken one of them.
   */
  guard(signal: AbortSignal): Promise<void>;
  /** Records that the target has the content. @param preCopied the key to mark as sent by a pre-copy, and when; epoch milliseconds. */
  complete(preCopied?: { readonly key: string; readonly at: number }): Promise<void>;
  /** Lets another uploader try. Best effort: a claim that cannot be released expires. */
  release(): Promise<void>;
}

/** A copy of the long lane uploads a blob that this copy needs: the request is deferred instead of waiting in place. */
export class HeldByLongLaneError extends Error {
  override readonly name = "HeldByLongLaneError";
  /** Milliseconds until the claim expires, unless it is renewed. */
  readonly afterMs: number;

  constructor(afterMs: number) {
    super("the long lane is uploading a blob that this image also needs");
    this.afterMs = afterMs;
  }
}

/** Another copy uploads a blob that a pre-copy would send. */
export class HeldElsewhereError extends Error {
  override readonly name = "HeldElsewhereError";
}

/** Pauses while another uploader has the claim, in milliseconds: they double from the first to the longest. */
const WAIT_FIRST_MS = 25;
const WAIT_MAX_MS = 250;

export interface UploadClaimsOptions {
  readonly checkpoints: RecordStore<Checkpoint>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly owner: string;
  readonly leaseMs: number;
  readonly sharing?: { readonly repository: RepositoryName } | undefined;
  readonly isLong?: boolean | undefined;
  readonly isPreCopy?: boolean | undefined;
  /** Aborts the last writes; absent: never. */
  readonly ending?: AbortSignal | undefined;
}

export function createUploadClaims(options: UploadClaimsOptions): UploadClaims {
  const { checkpoints, clock, random, owner, leaseMs, sharing, isLong, isPreCopy, ending = NEVER } = options;
  const held: string[] = [];
  let expiresAt = Infinity;
  const claim = (): ClaimContent => ({ owner, leaseMs, isLong, isPreCopy, now: clock.now() });

  async function renew(signal: AbortSignal): Promise<boolean> {
    const now = clock.now();
    const renewed = await Promise.all(
      held.map((key) => checkpoints.update(key, (known) => renewContent(known, claim()), signal)),
    );
    expiresAt = now + leaseMs;
    return renewed.every(Boolean);
  }

  return {
    async take(key, signal) {
      for (let waits = 0; ; waits++) {
        signal.throwIfAborted();
        const now = clock.now();
        const claimed = await checkpoints.update(key, (known) => claimContent(known, claim()), signal);
        if (claimed.kind === "claimed") {
          held.push(key);
          expiresAt = Math.min(expiresAt, now + leaseMs);
        }
        if (claimed.kind !== "busy") return claimed;
        assertWorthWaiting(claimed, options, now);
        const wait = Math.min(WAIT_FIRST_MS * 2 ** waits, WAIT_MAX_MS) * (0.5 + random() / 2);
        await clock.sleep(Math.min(wait, Math.max(claimed.until - now, 1)), signal);
      }
    },
    renew,
    async guard(signal) {
      if (expiresAt - clock.now() >= leaseMs * LATE_SHARE || (await renew(signal))) return;
      throw new LeaseLostError("the claim of a blob was lost before its upload began");
    },
    // Both writes ignore the deadline of the copy: others would wait for a claim that no upload is using.
    async complete(preCopied) {
      const { repository } = sharing ?? {};
      const complete = (key: string): Promise<void> => {
        const content = { repository, preCopiedAt: key === preCopied?.key ? preCopied.at : undefined };
        return checkpoints.update(key, (known) => completeContent(known, owner, content), ending);
      };
      await Promise.all(held.map(complete));
    },
    async release() {
      const release = (key: string): Promise<void> =>
        checkpoints.update(key, (known) => releaseContent(known, owner), ending).catch(() => undefined);
      await Promise.all(held.map(release));
    },
  };
}

function assertWorthWaiting(
  { isLong, until }: Extract<ClaimedContent, { kind: "busy" }>,
  own: UploadClaimsOptions,
  now: number,
): void {
  if (own.isPreCopy === true) throw new HeldElsewhereError("another copy is uploading the blob");
  if (isLong && own.isLong !== true) throw new HeldByLongLaneError(until - now);
}
