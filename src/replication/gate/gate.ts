import type { Digest } from "../../oci/digest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { GateOverride } from "../outcome/gate-audit.ts";

/** Severities of findings, the least severe first (ECR API reference, ImageScanFinding `severity`). */
export const SEVERITIES = ["informational", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A public key whose signatures count. */
export interface PublicKey {
  /** `sha256:` and the hash of the key (SubjectPublicKeyInfo): receipts name it. */
  readonly id: string;
  readonly name?: string | undefined;
  readonly pem: string;
}

/** Authorities and logs of one instance of Sigstore, in its own JSON. */
export interface TrustedRoot {
  readonly name: string;
  readonly json: object;
}

/** Who may sign without a key of their own: an authority gives them a certificate for a few minutes. */
export interface SignerIdentity {
  /** The subject as it is written in the configuration, and what it accepts. */
  readonly subject: string;
  readonly acceptsSubject: (subject: string) => boolean;
  /** Who has vouched for the subject to the authority. */
  readonly issuer: string;
  readonly root: TrustedRoot;
}

/** Whose signatures count: one of them is enough. */
export interface Signers {
  readonly keys: readonly PublicKey[];
  readonly identities: readonly SignerIdentity[];
}

/** An artifact that must be attached. */
export type RequiredReferrer =
  | { readonly kind: "artifact"; readonly type: string; readonly accepts: (artifactType: string) => boolean }
  | { readonly kind: "predicate"; readonly type: string };

/** The override of one image, by its tag or digest. */
export interface ImageOverride extends GateOverride {
  /** `repository:tag` or `repository@digest`. */
  readonly image: string;
}

/** What a rule requires of an image before it leaves the source. Absent requirements are not checked. */
export interface Gate {
  readonly signatures?: Signers | undefined;
  readonly referrers: readonly RequiredReferrer[];
  readonly scan?: { readonly maxSeverity: Severity | "none"; readonly unsupported: "quarantine" | "pass" } | undefined;
  readonly maxBytes?: number | undefined;
  /** True for names of base images that are allowed. */
  readonly acceptsBase?: ((name: string) => boolean) | undefined;
  /** How long an image waits for what may still arrive, in milliseconds. */
  readonly waitMs: number;
  readonly overrides: readonly ImageOverride[];
}

/** A signature as it was found at the source: `simple-signing` is cosign's older form, `bundle` is Sigstore's. */
export type FoundSignature =
  | ({ readonly kind: "simple-signing"; readonly payload: Uint8Array; readonly signature: string } & SignatureProofs)
  | { readonly kind: "bundle"; readonly bytes: Uint8Array };

/** What an identity's signature in the older form has beside it, as it is written there. */
export interface SignatureProofs {
  /** In PEM. */
  readonly certificate?: string | undefined;
  /** The entry of a transparency log, in JSON. */
  readonly logEntry?: string | undefined;
  /** That of a timestamp authority, in JSON. */
  readonly timestamp?: string | undefined;
}

/** What is known about a signature: who made it, or why it does not count. Both in words. */
export type SignatureVerdict =
  | { readonly kind: "accepted"; readonly signer: string }
  | { readonly kind: "refused"; readonly why: string };

/** Verifies signatures. */
export interface SignatureVerifier {
  /** Whether one of the signers made this signature of this image. A malformed signature is refused like any other: others may be good. */
  verify(found: FoundSignature, image: Pick<Manifest, "digest" | "bytes">, signers: Signers): Promise<SignatureVerdict>;
}

/** What a scanner says about one manifest. */
export type ScanResult =
  | { readonly kind: "scanned"; readonly counts: ReadonlyMap<string, number> }
  /** Not scanned yet, or it failed: a later scan may succeed. */
  | { readonly kind: "missing"; readonly detail: string }
  | { readonly kind: "unsupported"; readonly detail: string };

/** Results of scans, by the repository and the digest of a manifest. */
export type ReadScan = (repository: string, digest: Digest, signal: AbortSignal) => Promise<ScanResult>;
