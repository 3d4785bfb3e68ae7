import * as z from "zod";
import { isDigest } from "../../src/oci/digest.ts";
import { manifestKind } from "../../src/oci/media-type.ts";
import type { RepositoryIndex } from "../registry/storage/repository-index.ts";

/** Of StartImageScan and DescribeImageScanFindings (ECR API reference). */
const ScanCall = z.object({
  repositoryName: z.string(),
  imageId: z.object({ imageDigest: z.string(), imageTag: z.string().optional() }),
});

/** What a scan finds here: the counts that an image states in this annotation, such as `HIGH=1,LOW=2`. */
const FINDINGS = "dev.freightliner.local.findings";

/** The images that were scanned: `repository@digest`. */
export type Scans = Set<string>;

type ScanAnswer =
  | { readonly kind: "answered"; readonly body: object }
  | { readonly kind: "refused"; readonly type: string; readonly message: string };

/**
 * Plays basic scanning by request: an image has no findings before StartImageScan, and all of them at once after it. An index cannot be
 * scanned (ECR API reference, StartImageScan and DescribeImageScanFindings: ScanNotFoundException, UnsupportedImageTypeException).
 */
export function actOnScans(
  action: string,
  body: string,
  { scans, catalog }: { readonly scans: Scans; readonly catalog: Pick<RepositoryIndex, "find"> },
): ScanAnswer {
  const call = ScanCall.safeParse(JSON.parse(body)).data;
  if (call === undefined) return refused("InvalidParameterException", "imageId.imageDigest is missing");
  const { repositoryName, imageId } = call;
  const { imageDigest } = imageId;
  const state = catalog.find(repositoryName);
  if (state === undefined) return refused("RepositoryNotFoundException", `${repositoryName} does not exist`);
  const manifest = isDigest(imageDigest) ? state.manifests.get(imageDigest) : undefined;
  if (manifest === undefined) return refused("ImageNotFoundException", `${imageDigest} does not exist`);
  if (manifestKind(manifest.mediaType) !== "image")
    return refused("UnsupportedImageTypeException", `${manifest.mediaType} is not supported`);
  const key = `${repositoryName}@${imageDigest}`;
  const about = { repositoryName, imageId };
  if (action === "StartImageScan") {
    scans.add(key);
    return { kind: "answered", body: { ...about, imageScanStatus: { status: "IN_PROGRESS" } } };
  }
  if (!scans.has(key)) return refused("ScanNotFoundException", `Image scan does not exist for ${imageDigest}`);
  const findingSeverityCounts = countsOf(manifest.annotations?.[FINDINGS] ?? "");
  return {
    kind: "answered",
    body: { ...about, imageScanStatus: { status: "COMPLETE" }, imageScanFindings: { findingSeverityCounts } },
  };
}

function countsOf(text: string): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/([A-Z]+)=(\d+)/g)].map(([, severity, count]) => [severity, Number(count)]),
  );
}

function refused(type: string, message: string): ScanAnswer {
  return { kind: "refused", type, message };
}
