import { formatReference } from "../../oci/reference.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import type { Scope } from "../auth/scope.ts";
import type { FailureContext } from "../errors/typed-failure.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";

/** How one repository is written in URLs, messages and token scopes. */
export interface RepositoryAddress {
  /** `https://registry/v2/<name>/<path>`. */
  url(path: string): URL;
  /** `registry/repository:tag` or `registry/repository@digest`, for messages. */
  subject(reference: string): string;
  /** The fields that all failures of an operation on a tag or digest share. */
  failureContext(operation: RegistryOperation, reference: string): FailureContext;
  /** @param from the repository that a mount reads. */
  scope(actions: Scope["actions"], from?: string): Scope;
}

export function createRepositoryAddress(endpoint: Endpoint): RepositoryAddress {
  const { side, registry, repository } = endpoint;
  const base = `${originOf(endpoint).origin}/v2/${repository}/`;
  const prefix = formatReference({ registry, name: repository });
  const subject = (reference: string): string => `${prefix}${reference.includes(":") ? "@" : ":"}${reference}`;
  return {
    url: (path) => new URL(`${base}${path}`),
    subject,
    failureContext: (operation, reference) => ({ side, operation, subject: subject(reference) }),
    // Quay and GitHub create a repository for a token that may push; for any other token they answer as if it did not exist.
    scope: (actions, from) => ({
      repository,
      actions: side === "target" && actions === "pull" ? "pull,push" : actions,
      from,
    }),
  };
}
