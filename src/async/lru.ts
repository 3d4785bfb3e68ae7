/** Creates what a key stands for when it is first asked for, and keeps the `most` that were used last. */
export function createLruCache<Value extends object>(
  most: number,
  create: (key: string) => Value,
): (key: string) => Value {
  const kept = new Map<string, Value>();
  return (key) => {
    const found = kept.get(key) ?? create(key);
    kept.delete(key);
    kept.set(key, found);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return found;
  };
}
