import { StartImageScanCommand } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { LOCAL_ACCOUNT } from "../../../local/access/local-aws.ts";
import { createEcrScans } from "../../../src/aws/ecr/ecr-scan.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { ecrClientOf, startLocalEcr } from "../../fixtures/servers/local-ecr.ts";
import { imageOf, put } from "../../fixtures/servers/local-registry.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);

describe("results of scans by ECR", () => {
  it("are missing until the image is scanned, and are the counts of its findings then", async () => {
    await using ecr = await startLocalEcr();
    const { client, ask } = ecr;
    const image = imageOf(undefined, { annotations: { "dev.freightliner.local.findings": "HIGH=1,LOW=2" } });
    await put(ask, "v1", image);
    const readScan = createEcrScans(client, LOCAL_ACCOUNT);
    const missing = { kind: "missing", detail: "ScanNotFoundException" };
    expect(await readScan("a/b", digestOf(image), signal)).toEqual(missing);
    const imageId = { imageDigest: digestOf(image) };
    await client.send(new StartImageScanCommand({ repositoryName: "a/b", imageId }));
    const counts = new Map([
      ["HIGH", 1],
      ["LOW", 2],
    ]);
    expect(await readScan("a/b", digestOf(image), signal)).toEqual({ kind: "scanned", counts });
    expect(await readScan("gone", digestOf(image), signal)).toMatchObject({ kind: "missing" });
  });

  const digest = digestOf(new TextEncoder().encode("image"));
  it.each([
    ["ACTIVE", { findingSeverityCounts: { UNTRIAGED: 1 } }, { kind: "scanned", counts: new Map([["UNTRIAGED", 1]]) }],
    ["ACTIVE", {}, { kind: "scanned", counts: new Map() }],
    ["COMPLETE", undefined, { kind: "missing" }],
    ["PENDING", {}, { kind: "missing", detail: "scan PENDING" }],
    ["FAILED", undefined, { kind: "missing", detail: "scan FAILED" }],
    ["SCAN_ELIGIBILITY_EXPIRED", {}, { kind: "missing" }],
    ["UNSUPPORTED_IMAGE", undefined, { kind: "unsupported", detail: "UNSUPPORTED_IMAGE" }],
  ])("with the status %s and findings %j count as %j", async (status, imageScanFindings, expected) => {
    await using server = await scriptedServer((_request, response) => {
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ imageScanStatus: { status }, imageScanFindings }));
    });
    const client = ecrClientOf(server.host);
    expect(await createEcrScans(client, LOCAL_ACCOUNT)("a/b", digest, signal)).toMatchObject(expected);
    client.destroy();
  });

  it("that cannot be read are to be asked for again, with advice", async () => {
    await using server = await scriptedServer((_request, response) => {
      response.statusCode = 400;
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ __type: "AccessDeniedException", message: "no" }));
    });
    const client = ecrClientOf(server.host);
    const reading = createEcrScans(client, LOCAL_ACCOUNT)("a/b", digest, signal);
    await expect(reading).rejects.toMatchObject({ category: "deferred", side: "source" });
    await expect(reading).rejects.toThrow("ecr:DescribeImageScanFindings");
    client.destroy();
  });
});
