import { concurrently } from "../../async/run-concurrently.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { ImageTree } from "../image/image-tree.ts";
import { readImage } from "../image/read-image.ts";
import type { GateCheck, GateOverride } from "../outcome/gate-audit.ts";
import { checkBase, checkSize, platformsOf } from "./check-contents.ts";
import { checkReferrer } from "./check-referrers.ts";
import { checkScan } from "./check-scan.ts";
import { checkSignature } from "./check-signature.ts";
import { overrideOf } from "./decide-gate.ts";
import type { Gate, ReadScan, ScanResult, SignatureVerifier } from "./gate.ts";
import { readAttachments } from "./read-attachments.ts";

/** What a gate asks, besides the source. */
export interface GatePorts {
  readonly verifier: SignatureVerifier;
  readonly readScan: ReadScan;
}

/** The gate of one request. */
export interface ImageGate {
  readonly waitMs: number;
  /** Identifies the configuration that the gate is of. */
  readonly configuration: string;
  /** Checks every requirement on exactly these bytes. @throws {RegistryError} when the source does not say. */
  readonly check: (manifest: Manifest, signal: AbortSignal) => Promise<readonly GateCheck[]>;
  readonly override: (digest: Digest, now: number) => GateOverride | undefined;
}

export interface GateSubject {
  readonly repository: string;
  readonly reference: Tag | Digest;
  readonly source: ImageSource;
  readonly configuration: string;
}

const CONCURRENT_SCANS = 4;

/** Opens a rule's gate for one request. */
export function openGate(
  gate: Gate,
  { repository, reference, source, configuration }: GateSubject,
  ports: GatePorts,
): ImageGate {
  const { signatures, referrers, scan, maxBytes, acceptsBase, waitMs, overrides } = gate;
  const asksContents = scan !== undefined || maxBytes !== undefined || acceptsBase !== undefined;
  const asksAttached = signatures !== undefined || referrers.length > 0;

  async function checkAttached(image: Manifest, signal: AbortSignal): Promise<GateCheck[]> {
    if (!asksAttached) return [];
    const attachments = await readAttachments(image.digest, source, signal);
    const types = referrers.map((required) => checkReferrer(required, attachments));
    if (signatures === undefined) return types;
    const { verifier } = ports;
    return [await checkSignature({ image, attachments, signers: signatures, source, verifier }, signal), ...types];
  }

  async function checkContents(manifest: Manifest, signal: AbortSignal): Promise<GateCheck[]> {
    if (!asksContents) return [];
    // Children that the source lacks stay missing in the copy: they are none of its contents.
    const tree = await readImage(manifest, { source, referrers: false, sparse: "keep" }, signal);
    return [
      ...(maxBytes === undefined ? [] : [checkSize(tree, maxBytes)]),
      ...(acceptsBase === undefined ? [] : [checkBase(tree, acceptsBase)]),
      ...(scan === undefined ? [] : [checkScan(await scansOf(tree, signal), scan)]),
    ];
  }

  /** Each platform is scanned for itself (ECR user guide, "Scan images for software vulnerabilities"). */
  async function scansOf(tree: ImageTree, signal: AbortSignal): Promise<ReadonlyMap<Digest, ScanResult>> {
    const digests = platformsOf(tree.root).map(({ manifest }) => manifest.digest);
    const read = (digest: Digest, working: AbortSignal) => ports.readScan(repository, digest, working);
    const results = await concurrently(digests, CONCURRENT_SCANS, read, signal);
    return new Map(
      digests.flatMap((digest, index) => (results[index] === undefined ? [] : [[digest, results[index]]])),
    );
  }

  return {
    waitMs,
    configuration,
    async check(manifest, signal) {
      return [...(await checkAttached(manifest, signal)), ...(await checkContents(manifest, signal))];
    },
    override: (digest, now) => overrideOf([`${repository}@${digest}`, `${repository}:${reference}`], overrides, now),
  };
}
