import type { Digest } from "../oci/digest.ts";
import type { FoundSignature, PublicKey, SignatureVerifier } from "../replication/gate/gate.ts";
import { isSignedBy } from "./key-signature.ts";
import { names } from "./simple-signing.ts";
import { readBundle, signedBytes, signs } from "./signed-bundle.ts";

/** Verifies signatures of cosign with public keys. */
export function createSignatureVerifier(): SignatureVerifier {
  return {
    signerOf(found, digest, { keys }) {
      const signed = signedContent(found, digest);
      if (signed === undefined) return Promise.resolve(undefined);
      const { data, signatures } = signed;
      const key = keys.find(({ pem }) => signatures.some((signature) => isSignedBy(pem, data, signature)));
      return Promise.resolve(key && describeKey(key));
    },
  };
}

/** The signatures, and what they sign. Undefined when that is not this image. */
function signedContent(
  found: FoundSignature,
  digest: Digest,
): { readonly data: Uint8Array; readonly signatures: readonly Uint8Array[] } | undefined {
  switch (found.kind) {
    case "simple-signing": {
      const { payload, signature } = found;
      return names(payload, digest) ? { data: payload, signatures: [Buffer.from(signature, "base64")] } : undefined;
    }
    case "bundle": {
      const bundle = readBundle(found.bytes);
      if (bundle === undefined || !signs(bundle, digest)) return undefined;
      return { data: signedBytes(bundle), signatures: bundle.signatures.map(({ sig }) => sig) };
    }
  }
}

function describeKey({ id, name }: PublicKey): string {
  return name === undefined ? `key ${id}` : `key ${name} (${id})`;
}
