import type { Manifest } from "../oci/manifest.ts";
import { describeKey } from "../replication/gate/check-signature.ts";
import type { FoundSignature, SignatureVerdict, SignatureVerifier } from "../replication/gate/gate.ts";
import { isSignedBy } from "./key-signature.ts";
import { names } from "./simple-signing.ts";
import { readSigned, signedBytes, signs } from "./signed-bundle.ts";

type Image = Pick<Manifest, "digest" | "bytes">;

/** Verifies signatures of cosign, with public keys and by identities. */
export function createSignatureVerifier(): SignatureVerifier {
  return {
    async verify(found, image, { keys, identities }) {
      const signed = signedContent(found, image);
      if (signed === undefined) return refused("a signature of something else, or in no form that is known");
      const { data, signatures } = signed;
      const key = keys.find(({ pem }) => signatures.some((signature) => isSignedBy(pem, data, signature)));
      if (key !== undefined) return { kind: "accepted", signer: describeKey(key) };
      if (identities.length === 0) return refused("by none of the keys");
      // Most configurations name no identity: the libraries for it cost a cold start nothing.
      const { verifyIdentity } = await import("./identity-signature.ts");
      return verifyIdentity(found, data, identities);
    },
  };
}

/** The signatures, and what they sign. Undefined when that is not this image. */
function signedContent(
  found: FoundSignature,
  image: Image,
): { readonly data: Uint8Array; readonly signatures: readonly Uint8Array[] } | undefined {
  switch (found.kind) {
    case "simple-signing": {
      const { payload, signature } = found;
      return names(payload, image.digest)
        ? { data: payload, signatures: [Buffer.from(signature, "base64")] }
        : undefined;
    }
    case "bundle": {
      const signed = readSigned(found.bytes);
      if (signed === undefined || !signs(signed, image)) return undefined;
      return { data: signedBytes(signed, image), signatures: signed.signatures };
    }
  }
}

const refused = (why: string): SignatureVerdict => ({ kind: "refused", why });
