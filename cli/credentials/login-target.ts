import { isRegistryHost, isRepositoryName } from "../../src/oci/reference.ts";
import type { RegistryHost } from "../../src/oci/reference.ts";
import { shown } from "../../src/oci/errors/format-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { loginKey } from "./login-key.ts";

/** A place to log in at. */
export interface LoginTarget {
  readonly registry: RegistryHost;
  /** `registry[/namespace]`, in the one spelling of keys. */
  readonly key: string;
}

/** Reads `registry[/namespace]`, also as the URL that Docker's file has. @throws {UsageError} when it is neither. */
export function parseLoginTarget(text: string, command: "login" | "logout"): LoginTarget {
  const key = loginKey(text);
  const slash = key.indexOf("/");
  const registry = slash < 0 ? key : key.slice(0, slash);
  const namespace = slash < 0 ? undefined : key.slice(slash + 1);
  if (isRegistryHost(registry) && (namespace === undefined || isRepositoryName(namespace))) return { registry, key };
  throw new UsageError(`${shown(text)} is no registry; write its host, or host/namespace`, { command });
}
