import type { Digest } from "../../oci/digest.ts";
import type { BlobSource } from "../../oci/image-source.ts";
import type { GateCheck } from "../outcome/gate-audit.ts";
import { reasonToLeaveOut } from "../outcome/left-out.ts";
import type { AnnotatedLayer, AnnotatedManifest } from "./annotated-manifest.ts";
import type { FoundSignature, Signers, SignatureVerifier } from "./gate.ts";

/** Types of the layers that hold signatures (cosign, "Signature Specification"; Sigstore, "Bundle Format"). */
const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d+)?\+json(?:;version=0\.\d+)?$/;
/** cosign, "Signature Specification": the signature is an annotation of the layer with the payload. */
const SIGNATURE = "dev.cosignproject.cosign/signature";

/** Limits: a payload has some 300 bytes, a bundle some 10 KiB. */
const MOST_BYTES: number = 256 * 1024;
/** Signatures of one image that are verified: they are free for those who push. */
const MOST_SIGNATURES = 100;

export interface SignatureCheck {
  readonly digest: Digest;
  readonly attachments: readonly AnnotatedManifest[];
  readonly signers: Signers;
  readonly source: Pick<BlobSource, "openBlob">;
  readonly verifier: SignatureVerifier;
}

/** Whether one of the signers has signed the image. One good signature is enough, whatever other signatures there are. */
export async function checkSignature(
  { digest, attachments, signers, source, verifier }: SignatureCheck,
  signal: AbortSignal,
): Promise<GateCheck> {
  const layers = attachments.flatMap((attachment) => attachment.layers.filter(holdsSignature));
  for (const layer of layers.slice(0, MOST_SIGNATURES)) {
    const found = await readSignature(layer, source, signal);
    const signer = found && (await verifier.signerOf(found, digest, signers));
    if (signer !== undefined) return { requirement: "signature", result: "met", detail: signer };
  }
  const detail = layers.length === 0 ? "no signature" : `${layers.length} signatures, none by a required signer`;
  return { requirement: "signature", result: "missing", reason: "unsigned", detail };
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
  return signature === undefined ? undefined : { kind: "simple-signing", payload: bytes, signature };
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
