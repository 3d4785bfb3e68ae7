/** A cache of values by key: creates a value on first use, and evicts the least recently used one beyond the capacity. */
export function createLruCache<Value extends object>(
  capacity: number,
  create: (key: string) => Value,
): (key: string) => Value {
  const values = new Map<string, Value>();
  return (key) => {
    const found = values.get(key) ?? create(key);
    values.delete(key);
    values.set(key, found);
    const [oldest] = values.keys();
    if (values.size > capacity && oldest !== undefined) values.delete(oldest);
    return found;
  };
}
