import * as z from "zod";
import { algorithmOf, hexOf } from "../oci/digest.ts";
import type { Digest } from "../oci/digest.ts";
import { readJson } from "../oci/json/bounded-json.ts";

/** What cosign signs an image with since version 3; attestations have other types. */
const SIGNED_IMAGE = "https://sigstore.dev/cosign/sign/v1";
const IN_TOTO = "application/vnd.in-toto+json";

const Base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")));

/** The parts of Sigstore's bundle that a key verifies (sigstore/protobuf-specs, "sigstore_bundle.proto"): a DSSE envelope. */
const Bundle = z.object({
  mediaType: z.string(),
  dsseEnvelope: z.object({
    payloadType: z.string(),
    payload: Base64,
    signatures: z
      .array(z.object({ sig: Base64 }))
      .min(1)
      .max(10),
  }),
});
export type SignedBundle = z.infer<typeof Bundle>["dsseEnvelope"];

/** An in-toto statement (in-toto attestation framework, "Statement"). */
const Statement = z.object({
  _type: z.enum(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.string(),
});

/** Undefined for anything else than a bundle with a statement. */
export function readBundle(bytes: Uint8Array): SignedBundle | undefined {
  const envelope = Bundle.safeParse(readJson(bytes)).data?.dsseEnvelope;
  return envelope?.payloadType === IN_TOTO ? envelope : undefined;
}

/** What the signature of an envelope signs (DSSE, "Signature Definition": PAE). */
export function signedBytes({ payloadType, payload }: SignedBundle): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload]);
}

/** True for a statement that says that the image with this digest is signed. */
export function signs({ payload }: SignedBundle, digest: Digest): boolean {
  const statement = Statement.safeParse(readJson(payload)).data;
  if (statement?.predicateType !== SIGNED_IMAGE) return false;
  return statement.subject.some((subject) => subject.digest[algorithmOf(digest)] === hexOf(digest));
}
