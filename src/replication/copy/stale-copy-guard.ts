/** What one delivery hears of newer pushes while it copies: what is outdated is not sent to its end. */
export interface StaleCopyGuard {
  /** Another request left word on the tag's record, of a push made then (epoch milliseconds). */
  notePush(pushedAt: number): void;
  /** Runs a copy; ends it when a newer push is heard of, and the source's tag has moved indeed. */
  runWhileCurrent<T>(
    isCurrent: () => Promise<boolean>,
    signal: AbortSignal,
    copy: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | "moved">;
}

/** @param wantedAt when the newest push was made that is known already; epoch milliseconds. */
export function createStaleCopyGuard(wantedAt: number): StaleCopyGuard {
  let newest = wantedAt;
  let onNews: (() => void) | undefined;
  return {
    notePush(pushedAt) {
      if (pushedAt <= newest) return;
      newest = pushedAt;
      onNews?.();
    },
    async runWhileCurrent(isCurrent, signal, copy) {
      const moved = new AbortController();
      const looks: Promise<void>[] = [];
      onNews = () => {
        // A look that fails says nothing: the source is asked again before the tag is put.
        const look = isCurrent().then(
          (current) => (current ? undefined : moved.abort(new Error("a newer push has moved the tag"))),
          () => undefined,
        );
        looks.push(look);
      };
      try {
        return await copy(AbortSignal.any([signal, moved.signal]));
      } catch (error) {
        if (moved.signal.aborted && !signal.aborted) return "moved";
        throw error;
      } finally {
        onNews = undefined;
        await Promise.all(looks);
      }
    },
  };
}
