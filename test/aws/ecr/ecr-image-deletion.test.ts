import { describe, expect, it } from "vitest";
import { LOCAL_ACCOUNT } from "../../../local/access/local-aws.ts";
import { deleteEcrImage } from "../../../src/aws/ecr/ecr-image-deletion.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { ecrClientOf, startLocalEcr } from "../../fixtures/servers/local-ecr.ts";
import { imageOf, put } from "../../fixtures/servers/local-registry.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const place = { registryId: LOCAL_ACCOUNT, repositoryName: parseRepositoryName("a/b") };

describe("the deletion of an image of ECR", () => {
  it("deletes one image and no other, and one that is gone is no error", async () => {
    await using ecr = await startLocalEcr();
    const { catalog, client, ask } = ecr;
    const [older, newer] = [
      imageOf(undefined, { annotations: { n: "1" } }),
      imageOf(undefined, { annotations: { n: "2" } }),
    ];
    await put(ask, "tag", older);
    await put(ask, "tag", newer);
    const left = () => [...(catalog.find("a/b")?.manifests.keys() ?? [])];
    expect(left()).toEqual([digestOf(older), digestOf(newer)]);
    await deleteEcrImage(client, place, digestOf(older), signal);
    await deleteEcrImage(client, place, digestOf(older), signal);
    expect(left()).toEqual([digestOf(newer)]);
    expect(catalog.find("a/b")?.tags.get("tag")).toBe(digestOf(newer));
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
    const client = ecrClientOf(server.host);
    await expect(deleteEcrImage(client, place, digestOf(new Uint8Array()), signal)).rejects.toThrow(
      /ImageReferencedByManifestList in use/,
    );
    client.destroy();
  });
});
