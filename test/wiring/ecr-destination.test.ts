import { Readable } from "node:stream";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LOCAL_ACCOUNT, LOCAL_AWS, LOCAL_CREDENTIALS, LOCAL_REGION } from "../../local/access/local-aws.ts";
import { startEcrApi } from "../../local/emulators/ecr-api.ts";
import { createEcrProfile } from "../../local/registry/profiles/ecr.ts";
import type { EcrProfileOptions } from "../../local/registry/profiles/ecr.ts";
import type { RegistryEvent } from "../../local/registry/protocol/registry-event.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { startLayerBucket } from "../../local/registry/storage/layer-bucket.ts";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { credentialsOnSide } from "../../src/registry/credentials/credentials.ts";
import { createdWhenMissing } from "../../src/registry/created-repository.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { imageOf } from "../fixtures/servers/local-registry.ts";

const signal = AbortSignal.timeout(600_000);
const layer = Buffer.from("a layer");
const descriptor: Descriptor = { mediaType: MediaType.ociLayer, digest: digestOf(layer), size: layer.byteLength };
const ACCOUNT = "210987654321";

afterEach(() => void vi.unstubAllEnvs());

interface Place extends Omit<EcrProfileOptions, "password" | "bucket"> {
  /** What the configuration says. */
  readonly mayCreate: boolean;
}

/** An ECR registry as destination, opened as the copy function opens it. */
async function destination({ mayCreate, ...options }: Place, stack: AsyncDisposableStack) {
  const folder = stack.use(await temporaryFolder());
  const files = await openRegistryFiles(folder.path);
  const bucket = await startLayerBucket(files);
  stack.defer(() => bucket.close());
  const requests: string[] = [];
  const server = await startRegistry({
    directory: folder.path,
    files,
    profile: createEcrProfile({ password: "pw", bucket, ...options }),
    onEvent(event: RegistryEvent) {
      if (event.kind === "request") requests.push(`${event.method} ${event.status}`);
    },
  });
  stack.defer(() => server.close());
  const api = await startEcrApi({ password: "pw", proxyEndpoint: "http://127.0.0.1:1", catalog: server.catalog });
  stack.defer(() => api.close());
  vi.stubEnv("AWS_ENDPOINT_URL_ECR", `http://${api.host}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", LOCAL_CREDENTIALS.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", LOCAL_CREDENTIALS.secretAccessKey);
  const place = { kind: "ecr", account: ACCOUNT, region: LOCAL_REGION, registry: server.host, plainHttp: true };
  const registries = openRegistries({ sqs: new SQSClient(LOCAL_AWS) })(
    parseConfiguration({
      version: 1,
      source: { account: LOCAL_ACCOUNT, region: LOCAL_REGION },
      destinations: [{ name: "back", prefix: "mirror", ...place, createRepositories: mayCreate }],
      rules: [{ repositories: ["**"], destinations: ["back"] }],
    }),
  );
  const name = parseRepositoryName("mirror/app");
  const target = createRegistryTarget(registries.destination("back")(name));
  const create = registries.creator("back");
  const created = create && createdWhenMissing(target, (working) => create(name, working));
  return { target: created ?? target, requests, names: () => server.catalog.names() };
}

const pushLayer = (target: ImageTarget) =>
  target.pushBlob(descriptor, { open: () => Promise.resolve(Readable.from([layer])) }, signal);
const manifest = (bytes: Buffer) => ({ bytes, mediaType: MediaType.ociManifest, digest: digestOf(bytes) });

describe("an ECR destination", () => {
  it("gets a repository that does not exist when blobs are first pushed, if it may be created", async () => {
    await using stack = new AsyncDisposableStack();
    const { target, names } = await destination({ mayCreate: true, createsRepositories: false }, stack);
    expect(await target.resolve(parseTag("v1"), signal)).toBeUndefined();
    expect(await Promise.all([pushLayer(target), pushLayer(target)])).toEqual([
      { kind: "uploaded" },
      { kind: "uploaded" },
    ]);
    expect(names()).toEqual(["mirror/app"]);
    const image = manifest(imageOf(layer));
    expect(await target.putManifest(image, parseTag("v1"), signal)).toBe(image.digest);
  });

  it("refuses for good to push into a repository that does not exist and may not be created", async () => {
    await using stack = new AsyncDisposableStack();
    const { target, names } = await destination({ mayCreate: false, createsRepositories: false }, stack);
    await expect(pushLayer(target)).rejects.toMatchObject({ category: "permanent", code: "NAME_UNKNOWN" });
    expect(names()).toEqual([]);
  });

  it("creates nothing itself where a template of the registry creates repositories on push", async () => {
    await using stack = new AsyncDisposableStack();
    const { target, requests } = await destination({ mayCreate: true }, stack);
    await pushLayer(target);
    expect(requests).toEqual(["POST 202", "PUT 201"]);
  });

  it("refuses for good to move a tag that is immutable, and accepts the image that has it already", async () => {
    await using stack = new AsyncDisposableStack();
    const { target } = await destination({ mayCreate: false, immutableTags: true }, stack);
    await pushLayer(target);
    const [first, other] = [manifest(imageOf(layer)), manifest(imageOf(layer, { annotations: { a: "b" } }))];
    await target.putManifest(first, parseTag("v1"), signal);
    expect(await target.putManifest(first, parseTag("v1"), signal)).toBe(first.digest);
    await expect(target.putManifest(other, parseTag("v1"), signal)).rejects.toMatchObject({
      category: "permanent",
      code: "TAG_IMMUTABLE",
    });
  });

  it("gets another token when the one it has expires", async () => {
    await using stack = new AsyncDisposableStack();
    let first: string | undefined;
    const isExpired: EcrProfileOptions["isExpired"] = ({ headers }) =>
      headers.authorization === (first ??= headers.authorization);
    const { target, requests } = await destination({ mayCreate: false, isExpired }, stack);
    await pushLayer(target);
    expect(requests).toEqual(["POST 403", "POST 202", "PUT 201"]);
  });

  it("is at fault itself when its login fails, not the source", async () => {
    const failure = { side: "source", operation: "get-credentials", category: "permanent", subject: "ECR" } as const;
    const refused = credentialsOnSide(() => Promise.reject(new RegistryError(failure, "no role")), "target");
    await expect(refused(signal)).rejects.toMatchObject({ ...failure, side: "target", problem: "no role" });
  });
});
