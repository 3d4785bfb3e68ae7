import { DescribeImageScanFindingsCommand } from "@aws-sdk/client-ecr";
import type { DescribeImageScanFindingsCommandOutput, ECRClient } from "@aws-sdk/client-ecr";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { ReadScan, ScanResult } from "../../replication/gate/gate.ts";

/** States in which the counts of findings are complete: `ACTIVE` is that of enhanced scanning, which goes on (ECR API reference, ImageScanStatus). */
const SCANNED: readonly string[] = ["COMPLETE", "ACTIVE"];

/**
 * Results of ECR's basic scanning, and of enhanced scanning by Amazon Inspector: one API for both (ECR API reference,
 * DescribeImageScanFindings). Only the counts are read, which every page contains.
 */
export function createEcrScans(client: ECRClient, registryId: string): ReadScan {
  return async (repositoryName, imageDigest, signal) => {
    const command = new DescribeImageScanFindingsCommand({
      registryId,
      repositoryName,
      imageId: { imageDigest },
      maxResults: 1,
    });
    try {
      return resultOf(await client.send(command, { abortSignal: signal }));
    } catch (error) {
      return withoutResult(error) ?? fail(`${repositoryName}@${imageDigest}`, error);
    }
  };
}

function resultOf({ imageScanStatus, imageScanFindings }: DescribeImageScanFindingsCommandOutput): ScanResult {
  const status = imageScanStatus?.status ?? "no status";
  const counts = imageScanFindings?.findingSeverityCounts;
  if (status === "UNSUPPORTED_IMAGE") return { kind: "unsupported", detail: imageScanStatus?.description ?? status };
  if (!SCANNED.includes(status)) return { kind: "missing", detail: `scan ${status}` };
  // A scan that found nothing has findings without counts.
  if (imageScanFindings === undefined) return { kind: "missing", detail: `scan ${status}, without findings` };
  return { kind: "scanned", counts: new Map(Object.entries(counts ?? {})) };
}

function withoutResult(error: unknown): ScanResult | undefined {
  const name = error instanceof Error ? error.name : "";
  if (name === "UnsupportedImageTypeException") return { kind: "unsupported", detail: name };
  const isMissing = /^(?:ScanNotFound|ImageNotFound|RepositoryNotFound)Exception$/.test(name);
  return isMissing ? { kind: "missing", detail: name } : undefined;
}

function fail(subject: string, cause: unknown): never {
  const action = "DescribeImageScanFindings";
  throw new RegistryError(
    { side: "source", operation: "list-tags", subject, category: "deferred" },
    `${action} failed; check that the role may call ecr:${action}, which a deployed rule with "scan" grants`,
    { cause },
  );
}
