import { isRegistryHost, isRepositoryName } from "../../src/oci/reference.ts";
import type { RegistryHost } from "../../src/oci/reference.ts";
import { quoted } from "../../src/oci/errors/quoted.ts";
import { UsageError } from "../errors/usage-error.ts";
import { loginKey } from "../credentials/login-key.ts";

/** A registry or namespace to log in to. */
export interface LoginTarget {
  readonly registry: RegistryHost;
  /** `registry[/namespace]`, normalized by {@link loginKey}. */
  readonly key: string;
}

/** Parses `registry[/namespace]`, or a URL as in Docker's auth file. @throws {UsageError} when it is neither. */
export function parseLoginTarget(text: string, command: "login" | "logout"): LoginTarget {
  const key = loginKey(text);
  const slash = key.indexOf("/");
  const registry = slash < 0 ? key : key.slice(0, slash);
  const namespace = slash < 0 ? undefined : key.slice(slash + 1);
  if (isRegistryHost(registry) && (namespace === undefined || isRepositoryName(namespace))) return { registry, key };
  throw new UsageError(`${quoted(text)} is not a registry; write its host, or host/namespace`, { command });
}
