import { linkAbort } from "../../async/linked-abort.ts";
import type { Digest } from "../../oci/digest.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import type { TagRecord } from "../state/tag-record.ts";

type Cancel = NonNullable<TagRecord["cancel"]>;

/** An operator has cancelled the copy. */
export class CopyCancelledError extends Error {
  override readonly name = "CopyCancelledError";
  readonly by: string;
  readonly digest: Digest;

  constructor(by: string, digest: Digest) {
    super(`${by} has cancelled the copy of ${digest}`);
    this.by = by;
    this.digest = digest;
  }
}

/** Ends a copy that an operator has cancelled, until its tag is put. */
export interface Cancellation {
  /** What the record says. @param wantedAt the newest push that it knows. */
  note(cancel: Cancel | undefined, wantedAt: number): void;
  /** @throws {CopyCancelledError} if the copy of this image is cancelled. */
  throwIfCancelled(digest: Digest): void;
  /** Aborts the work once the copy of this image is cancelled. @throws {CopyCancelledError} then. */
  run<T>(digest: Digest, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** A cancellation is about one image, and about no push that its operator could not know of. */
export function createCancellation(): Cancellation {
  let known: { readonly cancel: Cancel; readonly isOver: boolean } | undefined;
  let onNote: (() => void) | undefined;
  const find = (digest: Digest): CopyCancelledError | undefined => {
    if (known === undefined || known.isOver) return undefined;
    const { cancel } = known;
    if ((cancel.digest ?? digest) !== digest) return undefined;
    // The same lease may go on with another image, which is not cancelled.
    known = { cancel: { ...cancel, digest }, isOver: false };
    return new CopyCancelledError(cancel.by, digest);
  };

  return {
    note(cancel, wantedAt) {
      if (cancel === undefined) return;
      const digest = known?.cancel.at === cancel.at ? known.cancel.digest : undefined;
      known = { cancel: digest === undefined ? cancel : { ...cancel, digest }, isOver: wantedAt > cancel.wantedAt };
      onNote?.();
    },
    throwIfCancelled(digest) {
      const error = find(digest);
      if (error !== undefined) throw error;
    },
    async run(digest, signal, work) {
      using working = linkAbort(signal);
      let cancelled: CopyCancelledError | undefined;
      onNote = () => {
        cancelled ??= find(digest);
        if (cancelled !== undefined) working.abort(cancelled);
      };
      onNote();
      try {
        return await work(working.signal);
      } catch (error) {
        throw signal.aborted ? error : (cancelled ?? error);
      } finally {
        onNote = undefined;
      }
    },
  };
}

/** The end of a copy that was cancelled. @param until aborted by the cancellation of the image that this is a companion of. */
export function cancelledReport(error: unknown, until: AbortSignal): CopyReport | undefined {
  if (error instanceof CopyCancelledError && !until.aborted) return reportOf(error.by, error.digest);
  return until.reason instanceof CopyCancelledError ? reportOf(until.reason.by, undefined) : undefined;
}

function reportOf(by: string, digest: Digest | undefined): CopyReport {
  return { outcome: "skipped", reason: "cancelled", cancelled: { by, digest } };
}
