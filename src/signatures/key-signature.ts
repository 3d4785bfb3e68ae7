import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Hashes of curves, in addition to SHA-256, which cosign uses with every key of an older version (sigstore, "Supported algorithms"). */
const CURVE_HASH: ReadonlyMap<string, string> = new Map([
  ["secp384r1", "sha384"],
  ["secp521r1", "sha512"],
]);

/** True for a signature of the data by the key: ECDSA in DER, RSA with PKCS #1 v1.5, or Ed25519. */
export function isSignedBy(pem: string, data: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey(pem);
  return hashesOf(key).some((hash) => isVerified(hash, { key, data, signature }));
}

function hashesOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly (string | null)[] {
  if (asymmetricKeyType === "ed25519") return [null];
  const own = CURVE_HASH.get(asymmetricKeyDetails?.namedCurve ?? "");
  return own === undefined ? ["sha256"] : ["sha256", own];
}

function isVerified(
  hash: string | null,
  { key, data, signature }: { readonly key: KeyObject; readonly data: Uint8Array; readonly signature: Uint8Array },
): boolean {
  try {
    return verify(hash, data, key, signature);
  } catch {
    // OpenSSL throws for some malformed signatures, and returns false for others.
    return false;
  }
}
