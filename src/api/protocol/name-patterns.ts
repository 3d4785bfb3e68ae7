import { isRepositoryName } from "../../oci/reference.ts";
import { z } from "../zod/z.ts";

/** The grammar of names, as the document of the API has it (distribution-spec, "Pulling manifests"). */
const REPOSITORY = "^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*$";
const DIGESTS = "sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}";
export const DIGEST = `^(${DIGESTS})$`;
/** A tag or digest. */
export const REFERENCE = `^([a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|${DIGESTS})$`;

/** The name of a repository, with its grammar in the document. */
export function repositoryName(description: string) {
  return z
    .string()
    .max(255)
    .refine(isRepositoryName, "is not the name of a repository")
    .openapi({ pattern: REPOSITORY, description });
}
