import { claimContent, completeContent, releaseContent, renewContent } from "../state/checkpoint.ts";
import type { ClaimContent, ClaimedContent } from "../state/checkpoint.ts";
import type { CopyContext } from "./copy-context.ts";
import { LATE_SHARE, LeaseLostError } from "../state/lease-heartbeat.ts";
import { NEVER } from "../../async/abort.ts";

/** The claims of one uploader on one blob: renewed, completed and released together. */
export interface UploadClaims {
  /**
   * Becomes the only uploader under a key; waits while another one is. @throws {HeldByLongLaneError} when the other one is in the long
   * lane: it may take hours, and only a copy in the long lane has that much time.
   */
  take(key: string, signal: AbortSignal): Promise<Exclude<ClaimedContent, { kind: "busy" }>>;
  /** False when another owner has taken one of them. */
  renew(signal: AbortSignal): Promise<boolean>;
  /**
   * Ensures that the claims outlast the late effect of an upload that starts now (assumption A1): no other uploader sends the
   * blob in that time. @throws {LeaseLostError} when another owner has taken one of them.
   */
  guard(signal: AbortSignal): Promise<void>;
  /** The target has the content. */
  complete(): Promise<void>;
  /** Lets another uploader try. Never fails: when a claim remains, the others only wait until it expires. */
  release(): Promise<void>;
}

/** A copy in the long lane sends a blob that this one needs: this one is deferred instead of waiting. */
export class HeldByLongLaneError extends Error {
  override readonly name = "HeldContentError";
  /** Milliseconds until that claim expires, unless it is renewed. */
  readonly afterMs: number;

  constructor(afterMs: number) {
    super("the long lane is sending a blob that this image needs, too");
    this.afterMs = afterMs;
  }
}

/** Pauses while another uploader sends the blob, in milliseconds: the first one, doubled up to the last one. */
const WAIT_FIRST_MS = 25;
const WAIT_LAST_MS = 1_000;

export function createUploadClaims(context: CopyContext): UploadClaims {
  const { checkpoints, clock, random, owner, leaseMs, sharing, isLong, ending = NEVER } = context;
  const held: string[] = [];
  let lastsUntil = Infinity;
  const claim = (): ClaimContent => ({ owner, leaseMs, isLong, now: clock.now() });

  async function renew(signal: AbortSignal): Promise<boolean> {
    const now = clock.now();
    const renewed = await Promise.all(
      held.map((key) => checkpoints.update(key, (known) => renewContent(known, claim()), signal)),
    );
    lastsUntil = now + leaseMs;
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
          lastsUntil = Math.min(lastsUntil, now + leaseMs);
        }
        if (claimed.kind !== "busy") return claimed;
        if (claimed.isLong && isLong !== true) throw new HeldByLongLaneError(claimed.until - now);
        const wait = Math.min(WAIT_FIRST_MS * 2 ** waits, WAIT_LAST_MS) * (0.5 + random() / 2);
        await clock.sleep(Math.min(wait, Math.max(claimed.until - now, 1)), signal);
      }
    },
    renew,
    async guard(signal) {
      if (lastsUntil - clock.now() >= leaseMs * LATE_SHARE || (await renew(signal))) return;
      throw new LeaseLostError("the claim of a blob was lost before its upload began");
    },
    // Both are noted also when the copy's time is up: the others would wait for a claim that nothing is behind.
    async complete() {
      const complete = (key: string): Promise<void> =>
        checkpoints.update(key, (known) => completeContent(known, owner, sharing?.repository), ending);
      await Promise.all(held.map(complete));
    },
    async release() {
      const release = (key: string): Promise<void> =>
        checkpoints.update(key, (known) => releaseContent(known, owner), ending).catch(() => undefined);
      await Promise.all(held.map(release));
    },
  };
}
