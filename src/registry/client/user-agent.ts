/**
 * The User-Agent of every request (RFC 9110, 10.1.5), by which operators of registries recognize us. The version is the
 * package's.
 */
export const USER_AGENT = "freightliner/0.1.0";
