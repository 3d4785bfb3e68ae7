import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { FailureCategory, RegistryOperation } from "../../oci/errors/registry-error.ts";
import type { RepositoryClient } from "./repository-client.ts";

/** How content can differ from its descriptor. */
export type ContentProblem = "DIGEST_INVALID" | "SIZE_INVALID";

/** The error for content that differs from its descriptor. Permanent unless `category` says otherwise. */
export function contentError(
  client: RepositoryClient,
  about: { operation: RegistryOperation; reference: string; code: ContentProblem; category?: FailureCategory },
  problem: string,
): RegistryError {
  const { operation, reference, code, category = "permanent" } = about;
  return new RegistryError(
    { side: client.endpoint.side, operation, subject: client.address.subject(reference), category, code },
    client.runtime.redactSecrets(problem),
  );
}
