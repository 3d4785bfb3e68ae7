import { bundleFromJSON } from "@sigstore/bundle";
import type { Bundle } from "@sigstore/bundle";
import { TrustedRoot as SigstoreRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { preAuthEncoding } from "../oci/json/dsse.ts";
import { readJson } from "../oci/json/bounded-json.ts";
import { describeIdentity } from "../replication/gate/check-signature.ts";
import type { FoundSignature, SignatureVerdict, SignerIdentity, TrustedRoot } from "../replication/gate/gate.ts";
import { bundleOfAnnotations } from "./annotated-bundle.ts";
import { describeRefusal, textOf } from "./describe-refusal.ts";

type CheckedSignature = ReturnType<typeof toSignedEntity>;

/**
 * Verifies a signature by the certificate that comes with it: its authority, the logs it is in, and when it was made. No clock is read: a
 * certificate lasts for minutes, and must have been valid when a log or an authority saw the signature.
 * @param signed the bytes that it signs; the caller has checked that they name the image.
 */
export function verifyIdentity(
  found: FoundSignature,
  signed: Uint8Array,
  identities: readonly SignerIdentity[],
): SignatureVerdict {
  const checked = readChecked(found, signed);
  if (typeof checked === "string") return { kind: "refused", why: checked };
  const refusals: string[] = [];
  for (const root of new Set(identities.map((identity) => identity.root))) {
    const verified = verifyBy(root, checked);
    if (typeof verified === "string") {
      refusals.push(verified);
      continue;
    }
    const { subject, issuer } = verified;
    const isAccepted = identities.some(
      (identity) => identity.root === root && identity.issuer === issuer && identity.acceptsSubject(subject),
    );
    if (isAccepted) return { kind: "accepted", signer: describeIdentity(verified) };
    refusals.push(`it is by ${describeIdentity(verified)}`);
  }
  return { kind: "refused", why: refusals.join(", ") };
}

/** A text says why it cannot be verified by an identity. */
function readChecked(found: FoundSignature, signed: Uint8Array): CheckedSignature | string {
  try {
    const bundle = bundleOf(found);
    if (bundle === undefined) return "it is by a key, without a certificate";
    if (!signsExactly(bundle, signed)) return "it signs something else than it appears to";
    return toSignedEntity(bundle, Buffer.from(signed));
  } catch (error) {
    return `its proofs are malformed: ${textOf(error)}`;
  }
}

/** The library reads the envelope for itself: it must read the bytes that name the image. */
function signsExactly({ content }: Bundle, signed: Uint8Array): boolean {
  if (content.$case === "messageSignature") return true;
  const { payloadType, payload } = content.dsseEnvelope;
  return preAuthEncoding(payloadType, payload).equals(signed);
}

/** Undefined for a signature without a certificate. */
function bundleOf(found: FoundSignature): Bundle | undefined {
  const json = found.kind === "bundle" ? readJson(found.bytes) : bundleOfAnnotations(found);
  const bundle = json === undefined ? undefined : bundleFromJSON(json);
  return bundle?.verificationMaterial.content.$case === "publicKey" ? undefined : bundle;
}

/** Who made the signature, by a root. A text says why that is not known. */
function verifyBy(root: TrustedRoot, signature: CheckedSignature): Pick<SignerIdentity, "subject" | "issuer"> | string {
  try {
    const { identity } = verifierOf(root).verify(signature);
    const [subject, issuer] = [identity?.subjectAlternativeName, identity?.extensions?.issuer];
    if (!subject || !issuer) return "its certificate names no subject, or no issuer";
    return { subject, issuer };
  } catch (error) {
    return `${describeRefusal(error)} (trusted root "${root.name}": ${textOf(error)})`;
  }
}

const verifiers = new WeakMap<TrustedRoot, Verifier>();

/** The verifier of a root, created once. What the root has none of cannot be required: an instance of one's own may have no logs. */
function verifierOf(root: TrustedRoot): Verifier {
  const known = verifiers.get(root);
  if (known !== undefined) return known;
  const material = toTrustMaterial(SigstoreRoot.fromJSON(root.json));
  const created = new Verifier(material, {
    ctlogThreshold: Math.min(material.ctlogs.length, 1),
    tlogThreshold: Math.min(material.tlogs.length, 1),
    timestampThreshold: 1,
  });
  verifiers.set(root, created);
  return created;
}
