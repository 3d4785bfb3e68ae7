import type { Digest } from "../../oci/digest.ts";
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

/** Whose signatures count: one of them is enough. */
export interface Signers {
  readonly keys: readonly PublicKey[];
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
  | { readonly kind: "simple-signing"; readonly payload: Uint8Array; readonly signature: string }
  | { readonly kind: "bundle"; readonly bytes: Uint8Array };

/** Verifies signatures. */
export interface SignatureVerifier {
  /**
   * Which of the signers made this signature of this digest, in words; undefined when none did, also for a malformed signature: others may
   * be good.
   */
  signerOf(found: FoundSignature, digest: Digest, signers: Signers): Promise<string | undefined>;
}

/** What a scanner says about one manifest. */
export type ScanResult =
  | { readonly kind: "scanned"; readonly counts: ReadonlyMap<string, number> }
  /** Not scanned yet, or it failed: a later scan may succeed. */
  | { readonly kind: "missing"; readonly detail: string }
  | { readonly kind: "unsupported"; readonly detail: string };

/** Results of scans, by the repository and the digest of a manifest. */
export type ReadScan = (repository: string, digest: Digest, signal: AbortSignal) => Promise<ScanResult>;
