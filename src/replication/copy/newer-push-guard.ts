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
      const moved = new AbortController();
      const checks: Promise<void>[] = [];
      onNewerPush = () => {
        // A failed check proves nothing: the source is asked again before the tag is put.
        const check = isCurrent().then(
          (current) => (current ? undefined : moved.abort(new Error("a newer push has moved the tag"))),
          () => undefined,
        );
        checks.push(check);
      };
      try {
        return { kind: "copied", copied: await copy(AbortSignal.any([signal, moved.signal])) };
      } catch (error) {
        if (moved.signal.aborted && !signal.aborted) return { kind: "moved" };
        throw error;
      } finally {
        onNewerPush = undefined;
        await Promise.all(checks);
      }
    },
  };
}
