import { ECRClient, StartImageScanCommand } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { startEcrApi } from "../../../local/emulators/ecr-api.ts";
import { LOCAL_ACCOUNT, LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../../local/registry/registry-server.ts";
import { createEcrScans } from "../../../src/aws/ecr/ecr-scan.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { asking, imageOf, put, putBlob } from "../../fixtures/servers/local-registry.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const clientOf = (host: string) => new ECRClient({ ...LOCAL_AWS, endpoint: `http://${host}`, maxAttempts: 1 });

describe("results of scans by ECR", () => {
  it("are missing until the image is scanned, and are the counts of its findings then", async () => {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await temporaryFolder());
    const server = await startRegistry({
      directory: path,
      files: await openRegistryFiles(path),
      profile: specificationProfile,
    });
    stack.defer(() => server.close());
    const api = await startEcrApi({ password: "", proxyEndpoint: "http://x", catalog: server.catalog });
    stack.defer(() => api.close());
    const client = clientOf(api.host);
    stack.defer(() => client.destroy());
    const ask = asking(server.host);
    await putBlob(ask);
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
    const client = clientOf(server.host);
    expect(await createEcrScans(client, LOCAL_ACCOUNT)("a/b", digest, signal)).toMatchObject(expected);
    client.destroy();
  });

  it("that cannot be read are to be asked for again, with advice", async () => {
    await using server = await scriptedServer((_request, response) => {
      response.statusCode = 400;
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ __type: "AccessDeniedException", message: "no" }));
    });
    const client = clientOf(server.host);
    const reading = createEcrScans(client, LOCAL_ACCOUNT)("a/b", digest, signal);
    await expect(reading).rejects.toMatchObject({ category: "deferred", side: "source" });
    await expect(reading).rejects.toThrow("ecr:DescribeImageScanFindings");
    client.destroy();
  });
});
