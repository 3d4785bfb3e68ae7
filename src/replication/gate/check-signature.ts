import { quotedUpTo } from "../../oci/errors/quoted.ts";
import type { BlobSource } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { GateCheck } from "../outcome/gate-audit.ts";
import { reasonToLeaveOut } from "../outcome/left-out.ts";
import type { AnnotatedLayer, AnnotatedManifest } from "./annotated-manifest.ts";
import type { FoundSignature, PublicKey, SignerIdentity, Signers, SignatureVerifier } from "./gate.ts";

/** Types of the layers that hold signatures (cosign, "Signature Specification"; Sigstore, "Bundle Format"). */
const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d+)?\+json(?:;version=0\.\d+)?$/;
/** cosign, "Signature Specification": the signature and its proofs are annotations of the layer with the payload. */
const SIGNATURE = "dev.cosignproject.cosign/signature";
const PROOFS = {
  certificate: "dev.sigstore.cosign/certificate",
  logEntry: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;

/** Limits: a payload has some 300 bytes, a bundle some 10 KiB. */
const MOST_BYTES: number = 256 * 1024;
/** Signatures of one image that are verified: they are free for those who push. */
const MOST_SIGNATURES = 100;
/** Of signers and of reasons that a receipt names. */
const MOST_NAMED = 3;
/** Subjects are URLs of workflows: an operator reads them as a whole. */
const LONGEST_NAME = 512;

export interface SignatureCheck {
  readonly image: Pick<Manifest, "digest" | "bytes">;
  readonly attachments: readonly AnnotatedManifest[];
  readonly signers: Signers;
  readonly source: Pick<BlobSource, "openBlob">;
  readonly verifier: SignatureVerifier;
}

/** Whether one of the signers has signed the image. One good signature is enough, whatever other signatures there are. */
export async function checkSignature(
  { image, attachments, signers, source, verifier }: SignatureCheck,
  signal: AbortSignal,
): Promise<GateCheck> {
  const layers = attachments.flatMap((attachment) => attachment.layers.filter(holdsSignature));
  const refusals = new Set<string>();
  for (const layer of layers.slice(0, MOST_SIGNATURES)) {
    const found = await readSignature(layer, source, signal);
    if (found === undefined) continue;
    const verdict = await verifier.verify(found, image, signers);
    if (verdict.kind === "accepted") return { requirement: "signature", result: "met", detail: verdict.signer };
    refusals.add(verdict.why);
  }
  const seen =
    layers.length === 0
      ? "no signature"
      : [
          `${layers.length} ${layers.length === 1 ? "signature" : "signatures"}, none by a required signer`,
          listed([...refusals], "; "),
        ]
          .filter(Boolean)
          .join(": ");
  const detail = `${seen}; sign it with ${describeSigners(signers)}`;
  return { requirement: "signature", result: "missing", reason: "unsigned", detail };
}

/** Signers in words, as receipts and people name them. */
export function describeSigners({ keys, identities }: Signers): string {
  return listed([...keys.map(describeKey), ...identities.map(describeIdentity)], " or ");
}

export function describeKey({ id, name }: PublicKey): string {
  return name === undefined ? `key ${id}` : `key ${name} (${id})`;
}

/** The identity of a certificate or a rule. Quoted: the signer chooses a part of a certificate's. */
export function describeIdentity({ subject, issuer }: Pick<SignerIdentity, "subject" | "issuer">): string {
  return `identity ${quotedUpTo(LONGEST_NAME, subject)} of issuer ${quotedUpTo(LONGEST_NAME, issuer)}`;
}

function listed(texts: readonly string[], separator: string): string {
  const more = texts.length - MOST_NAMED;
  return [...texts.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(separator);
}

function holdsSignature({ mediaType, size }: AnnotatedLayer): boolean {
  return size <= MOST_BYTES && (mediaType === SIMPLE_SIGNING || BUNDLE.test(mediaType));
}

/** Undefined when the source does not have it, or it has no signature. */
async function readSignature(
  layer: AnnotatedLayer,
  source: SignatureCheck["source"],
  signal: AbortSignal,
): Promise<FoundSignature | undefined> {
  const bytes = await readBlob(layer, source, signal);
  if (bytes === undefined) return undefined;
  if (layer.mediaType !== SIMPLE_SIGNING) return { kind: "bundle", bytes };
  const signature = layer.annotations.get(SIGNATURE);
  if (signature === undefined) return undefined;
  const proofs = Object.entries(PROOFS).map(([name, key]) => [name, layer.annotations.get(key)] as const);
  return { kind: "simple-signing", payload: bytes, signature, ...Object.fromEntries(proofs) };
}

async function readBlob(
  { mediaType, digest, size }: AnnotatedLayer,
  source: SignatureCheck["source"],
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    await using stream = await source.openBlob({ mediaType, digest, size }, signal);
    const chunks = await Array.fromAsync(stream);
    const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  } catch (error) {
    if (reasonToLeaveOut(error) === undefined) throw error;
    return undefined;
  }
}
