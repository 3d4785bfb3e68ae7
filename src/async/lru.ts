/** Returns a function that creates the value of a key at its first call, and caches the `size` values that were used last. */
export function createLruCache<Value extends object>(
  size: number,
  create: (key: string) => Value,
): (key: string) => Value {
  const values = new Map<string, Value>();
  return (key) => {
    const value = values.get(key) ?? create(key);
    // A Map iterates in insertion order: the first key is the one used longest ago.
    values.delete(key);
    values.set(key, value);
    const [oldest] = values.keys();
    if (values.size > size && oldest !== undefined) values.delete(oldest);
    return value;
  };
}
