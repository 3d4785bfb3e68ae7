import { createArtifactRegistryProfile } from "../../local/registry/profiles/artifact-registry.ts";
import { createEcrProfile } from "../../local/registry/profiles/ecr.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { startLayerBucket } from "../../local/registry/storage/layer-bucket.ts";
import type { Profile } from "../../local/registry/profiles/profile.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import type { Credentials } from "../../src/registry/credentials/credentials.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { repositoryContract } from "../contracts/repository.ts";
import type { OpenRepository } from "../contracts/repository.ts";
import { createMemoryRepository } from "../fakes/memory-repository.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { startDockerRegistry } from "../fixtures/real/docker-registry.ts";
import { startTokenServer } from "../fixtures/real/token-server.ts";
import { USER } from "../fixtures/real/user.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";

interface Place {
  readonly host: string;
  readonly credentials?: Credentials;
  readonly allowedHosts?: readonly string[];
}

/** Both ports of one repository over HTTP; `stack` closes whatever is behind it. */
function overHttp(place: Place, stack: AsyncDisposableStack): OpenRepository {
  const connections = stack.use(createConnections());
  const at = { ...place, repository: "p/r/app" };
  return {
    source: createRegistrySource(testEndpoint(at, connections)),
    target: createRegistryTarget(testEndpoint({ ...at, side: "target" }, connections)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function local(
  stack: AsyncDisposableStack,
  profile: (files: Awaited<ReturnType<typeof openRegistryFiles>>) => Promise<Profile>,
): Promise<string> {
  const folder = stack.use(await temporaryFolder());
  const files = await openRegistryFiles(folder.path);
  const server = await startRegistry({ directory: folder.path, files, profile: await profile(files) });
  stack.defer(() => server.close());
  return server.host;
}

repositoryContract("a repository in memory", async () => {
  const source = createMemoryRepository("source");
  return { source, target: createMemoryRepository("target", source), [Symbol.asyncDispose]: () => Promise.resolve() };
});

repositoryContract("a plain local registry", async () => {
  const stack = new AsyncDisposableStack();
  return overHttp({ host: await local(stack, async () => specificationProfile) }, stack);
});

repositoryContract("a local registry like Amazon ECR", async () => {
  const stack = new AsyncDisposableStack();
  const password = "secret";
  let bucketHost = "";
  const host = await local(stack, async (files) => {
    const bucket = await startLayerBucket(files);
    stack.defer(() => bucket.close());
    bucketHost = bucket.host;
    return createEcrProfile({ password, bucket });
  });
  return overHttp(
    { host, credentials: { kind: "basic", username: "AWS", password }, allowedHosts: [bucketHost] },
    stack,
  );
});

repositoryContract("a local registry like Artifact Registry", async () => {
  const stack = new AsyncDisposableStack();
  const profile = createArtifactRegistryProfile({ repositories: ["p/r"], verifyToken: (token) => token === "good" });
  const host = await local(stack, async () => profile);
  return overHttp({ host, credentials: { kind: "registry-token", token: "good" } }, stack);
});

repositoryContract("a real docker-registry", async () => {
  const stack = new AsyncDisposableStack();
  return overHttp({ host: stack.use(await startDockerRegistry()).host }, stack);
});

repositoryContract("a real docker-registry with a password file", async () => {
  const stack = new AsyncDisposableStack();
  const { host } = stack.use(await startDockerRegistry({ kind: "htpasswd" }));
  return overHttp({ host, credentials: { kind: "basic", ...USER } }, stack);
});

repositoryContract("a real docker-registry with a token server", async () => {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startTokenServer());
  const { host } = stack.use(await startDockerRegistry({ kind: "token", server }));
  const allowedHosts = [new URL(server.realm).host];
  return overHttp({ host, credentials: { kind: "basic", ...USER }, allowedHosts }, stack);
});
