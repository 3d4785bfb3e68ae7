import { linkAbort } from "../../async/linked-abort.ts";

/** Stops a copy that a newer push has made outdated, so that its remaining blobs are not sent. */
export interface NewerPushGuard {
  /** Another request recorded a push of the tag. @param pushedAt epoch milliseconds. */
  noteNewerPush(pushedAt: number): void;
  /** Runs a copy. After each newer push, checks whether the source's tag has moved, and if so aborts the copy. */
  runWhileCurrent<T>(
    isCurrent: () => Promise<boolean>,
    signal: AbortSignal,
    copy: (signal: AbortSignal) => Promise<T>,
  ): Promise<GuardedCopy<T>>;
}

export type GuardedCopy<T> = { readonly kind: "copied"; readonly copied: T } | { readonly kind: "moved" };

/** @param wantedAt time of the newest push that is known already; epoch milliseconds. */
export function createNewerPushGuard(wantedAt: number): NewerPushGuard {
  let newest = wantedAt;
  let onNewerPush: (() => void) | undefined;
  return {
    noteNewerPush(pushedAt) {
      if (pushedAt <= newest) return;
      newest = pushedAt;
      onNewerPush?.();
    },
    async runWhileCurrent(isCurrent, signal, copy) {
      using copying = linkAbort(signal);
      let hasMoved = false;
      const checks: Promise<void>[] = [];
      // A failed check proves nothing: the source is asked again before the tag is put.
      const abortIfMoved = async (): Promise<void> => {
        if (await isCurrent().catch(() => true)) return;
        hasMoved = true;
        copying.abort(new Error("a newer push has moved the tag"));
      };
      onNewerPush = () => void checks.push(abortIfMoved());
      try {
        return { kind: "copied", copied: await copy(copying.signal) };
      } catch (error) {
        if (hasMoved && !signal.aborted) return { kind: "moved" };
        throw error;
      } finally {
        onNewerPush = undefined;
        await Promise.all(checks);
      }
    },
  };
}
