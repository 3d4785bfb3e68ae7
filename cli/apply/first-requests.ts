/**
 * Sends the first request to a repository alone: it logs in, and the others use its token. Otherwise, as many as run at once would be refused
 * first.
 */
export type FirstRequests = <T>(repository: string, ask: () => Promise<T>) => Promise<T>;

export function createFirstRequests(): FirstRequests {
  const first = new Map<string, Promise<unknown>>();
  return async (repository, ask) => {
    const earlier = first.get(repository);
    if (earlier !== undefined) await earlier;
    const own = ask();
    if (earlier === undefined) {
      first.set(
        repository,
        own.catch(() => undefined),
      );
    }
    return own;
  };
}
