import * as z from "zod";
import { digestOf } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { IN_TOTO, preAuthEncoding } from "../../oci/json/dsse.ts";

/** A signed statement (DSSE, "Data Structure"). */
export const Envelope = z.object({
  payloadType: z.literal(IN_TOTO),
  payload: z.base64(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.base64() })).min(1),
});
export type Envelope = z.infer<typeof Envelope>;

/** A private key that never leaves its place. */
export interface Signer {
  /** Names the public key, so that a verifier with several finds it. It proves nothing. */
  readonly keyid: string;
  /** An ECDSA signature on P-256 of the bytes' SHA-256, in DER. */
  sign(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** The bytes of a statement, which are signed and never encoded again. */
export function encodeStatement(statement: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(statement));
}

export async function signStatement(payload: Uint8Array, signer: Signer, signal: AbortSignal): Promise<Envelope> {
  const sig = await signer.sign(signedBytes(payload), signal);
  return {
    payloadType: IN_TOTO,
    payload: Buffer.from(payload).toString("base64"),
    signatures: [{ keyid: signer.keyid, sig: Buffer.from(sig).toString("base64") }],
  };
}

/** What the signature of a statement signs. */
export function signedBytes(payload: Uint8Array): Uint8Array {
  return preAuthEncoding(IN_TOTO, payload);
}

/** The bytes of the statement, and their digest, by which the next one of a chain names it. */
export function openEnvelope({ payload }: Envelope): { readonly bytes: Uint8Array; readonly digest: Digest } {
  const bytes = Buffer.from(payload, "base64");
  return { bytes, digest: digestOf(bytes) };
}
