import type { Configuration } from "../contract/configuration/configuration.ts";

/** Where the functions get their configuration from. It may change between invocations. */
export interface ConfigurationFeed {
  /**
   * The configuration in force. An invocation asks once and uses the answer to its end, so that it never mixes two versions. The same
   * object is returned until another version is in force. Never throws: without news, the last good configuration stays.
   */
  current(signal: AbortSignal): Promise<Configuration>;
}

/** A feed of one configuration that never changes. */
export function fixedConfiguration(configuration: Configuration): ConfigurationFeed {
  return { current: () => Promise.resolve(configuration) };
}

/**
 * Creates what depends on a configuration once for each: handlers, clients of registries, rates. What an older configuration needed is
 * released when the last invocation that uses it has ended.
 */
export function perConfiguration<T extends object>(create: (configuration: Configuration) => T) {
  const created = new WeakMap<Configuration, T>();
  return (configuration: Configuration): T => {
    const value = created.get(configuration) ?? create(configuration);
    created.set(configuration, value);
    return value;
  };
}
