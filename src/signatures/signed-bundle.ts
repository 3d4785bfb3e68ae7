import { createHash } from "node:crypto";
import * as z from "zod";
import { algorithmOf, hexOf } from "../oci/digest.ts";
import { IN_TOTO, preAuthEncoding } from "../oci/json/dsse.ts";
import { readJson } from "../oci/json/bounded-json.ts";
import type { Manifest } from "../oci/manifest.ts";

/** What cosign signs an image with since version 3; attestations have other types. */
const SIGNED_IMAGE = "https://sigstore.dev/cosign/sign/v1";

const Base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")));

/** The parts of Sigstore's bundle that say what is signed (sigstore/protobuf-specs, "sigstore_bundle.proto"). */
const Bundle = z.union([
  z.object({
    // Two programs must not read two contents.
    messageSignature: z.never().optional(),
    dsseEnvelope: z.object({
      payloadType: z.literal(IN_TOTO),
      payload: Base64,
      signatures: z
        .array(z.object({ sig: Base64 }))
        .min(1)
        .max(10),
    }),
  }),
  z.object({
    dsseEnvelope: z.never().optional(),
    messageSignature: z.object({
      messageDigest: z.object({ algorithm: z.literal("SHA2_256"), digest: Base64 }),
      signature: Base64,
    }),
  }),
]);

/** What a bundle signs: a statement in an envelope, or the bytes with a hash. */
export type Signed = (
  | { readonly kind: "statement"; readonly payload: Uint8Array }
  | { readonly kind: "message"; readonly sha256: Uint8Array }
) & { readonly signatures: readonly Uint8Array[] };

/** An in-toto statement (in-toto attestation framework, "Statement"). */
const Statement = z.object({
  _type: z.enum(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.string(),
});

/** Undefined for anything else than a bundle. */
export function readSigned(bytes: Uint8Array): Signed | undefined {
  const bundle = Bundle.safeParse(readJson(bytes)).data;
  if (bundle === undefined) return undefined;
  if (bundle.dsseEnvelope !== undefined) {
    const { payload, signatures } = bundle.dsseEnvelope;
    return { kind: "statement", payload, signatures: signatures.map(({ sig }) => sig) };
  }
  const { messageDigest, signature } = bundle.messageSignature;
  return { kind: "message", sha256: messageDigest.digest, signatures: [signature] };
}

/** What the signatures sign: an encoding of the envelope, or the manifest itself. */
export function signedBytes(signed: Signed, { bytes }: Pick<Manifest, "bytes">): Uint8Array {
  return signed.kind === "message" ? bytes : preAuthEncoding(IN_TOTO, signed.payload);
}

/** True for a signature of the image's manifest, or of a statement that says that the image is signed. */
export function signs(signed: Signed, { digest, bytes }: Pick<Manifest, "digest" | "bytes">): boolean {
  if (signed.kind === "message") return createHash("sha256").update(bytes).digest().equals(signed.sha256);
  const statement = Statement.safeParse(readJson(signed.payload)).data;
  if (statement?.predicateType !== SIGNED_IMAGE) return false;
  return statement.subject.some((subject) => subject.digest[algorithmOf(digest)] === hexOf(digest));
}
