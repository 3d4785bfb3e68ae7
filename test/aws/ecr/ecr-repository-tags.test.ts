import { ECRClient, TagResourceCommand, UntagResourceCommand } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { LOCAL_ACCOUNT, LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { createRepositoryTags } from "../../../src/aws/ecr/ecr-repository-tags.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { startLocalEcr } from "../../fixtures/servers/local-ecr.ts";
import { imageOf, put } from "../../fixtures/servers/local-registry.ts";

const signal = AbortSignal.timeout(600_000);
const NAME = parseRepositoryName("a/b");
const registry = { account: LOCAL_ACCOUNT, region: LOCAL_AWS.region };

describe("the overrides in the tags of an ECR repository", () => {
  it("are those that the repository has now; one that is gone has none", async () => {
    await using ecr = await startLocalEcr();
    const { client, ask } = ecr;
    await put(ask, "v1", imageOf());
    const read = createRepositoryTags(client, registry);
    expect(await read(NAME, signal)).toEqual({ replicate: true, unknown: [] });
    const resourceArn = `arn:aws:ecr:${registry.region}:${registry.account}:repository/${NAME}`;
    const tags = [
      { Key: "freightliner:replicate", Value: "off" },
      { Key: "freightliner:destinations", Value: "europe asia" },
    ];
    await client.send(new TagResourceCommand({ resourceArn, tags }));
    expect(await read(NAME, signal)).toEqual({ replicate: false, destinations: ["europe", "asia"], unknown: [] });
    await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["freightliner:replicate"] }));
    expect(await read(NAME, signal)).toMatchObject({ replicate: true, destinations: ["europe", "asia"] });
    expect(await read(parseRepositoryName("gone"), signal)).toEqual({ replicate: true, unknown: [] });
    client.destroy();
  });

  it("fail as something to try again when they cannot be read", async () => {
    const client = new ECRClient({ ...LOCAL_AWS, endpoint: "http://127.0.0.1:1", maxAttempts: 1 });
    const failed = createRepositoryTags(client, registry)(NAME, signal);
    await expect(failed).rejects.toBeInstanceOf(RegistryError);
    await expect(failed).rejects.toMatchObject({ category: "deferred", side: "source" });
    client.destroy();
  });
});
