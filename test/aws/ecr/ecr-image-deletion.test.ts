import { ECRClient } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { LOCAL_ACCOUNT, LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startEcrApi } from "../../../local/emulators/ecr-api.ts";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../../local/registry/registry-server.ts";
import { deleteEcrImage } from "../../../src/aws/ecr/ecr-image-deletion.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { asking, imageOf, put, putBlob } from "../../fixtures/servers/local-registry.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const clientOf = (host: string) => new ECRClient({ ...LOCAL_AWS, endpoint: `http://${host}`, maxAttempts: 1 });
const place = { registryId: LOCAL_ACCOUNT, repositoryName: parseRepositoryName("a/b") };

describe("the deletion of an image of ECR", () => {
  it("deletes one image and no other, and one that is gone is no error", async () => {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await temporaryFolder());
    const files = await openRegistryFiles(path);
    const server = await startRegistry({ directory: path, files, profile: specificationProfile });
    stack.defer(() => server.close());
    const api = await startEcrApi({ password: "", proxyEndpoint: "http://x", catalog: server.catalog });
    stack.defer(() => api.close());
    const client = clientOf(api.host);
    stack.defer(() => client.destroy());
    const ask = asking(server.host);
    await putBlob(ask);
    const [older, newer] = [
      imageOf(undefined, { annotations: { n: "1" } }),
      imageOf(undefined, { annotations: { n: "2" } }),
    ];
    await put(ask, "tag", older);
    await put(ask, "tag", newer);
    const left = () => [...(server.catalog.find("a/b")?.manifests.keys() ?? [])];
    expect(left()).toEqual([digestOf(older), digestOf(newer)]);
    await deleteEcrImage(client, place, digestOf(older), signal);
    await deleteEcrImage(client, place, digestOf(older), signal);
    expect(left()).toEqual([digestOf(newer)]);
    expect(server.catalog.find("a/b")?.tags.get("tag")).toBe(digestOf(newer));
    const elsewhere = { ...place, repositoryName: parseRepositoryName("gone") };
    await expect(deleteEcrImage(client, elsewhere, digestOf(newer), signal)).rejects.toThrow(
      /BatchDeleteImage failed in gone: RepositoryNotFoundException; check that the role may call ecr:BatchDeleteImage/,
    );
  });

  it("fails when ECR lists the image as one that it could not delete", async () => {
    const failures = [{ failureCode: "ImageReferencedByManifestList", failureReason: "in use" }];
    await using server = await scriptedServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify({ failures }));
    });
    const client = clientOf(server.host);
    await expect(deleteEcrImage(client, place, digestOf(new Uint8Array()), signal)).rejects.toThrow(
      /ImageReferencedByManifestList in use/,
    );
    client.destroy();
  });
});
