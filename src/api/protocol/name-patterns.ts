/** The grammar of names, as the document of the API has it (distribution-spec, "Pulling manifests"). */
export const REPOSITORY = "^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*$";
const DIGESTS = "sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}";
export const DIGEST = `^(${DIGESTS})$`;
/** A tag or digest. */
export const REFERENCE = `^([a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|${DIGESTS})$`;
