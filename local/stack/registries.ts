import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GoogleEndpoints } from "../../src/contract/stack/environment.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startArtifactRegistryApi } from "../emulators/artifact-registry-api.ts";
import { startEcrApi } from "../emulators/ecr-api.ts";
import { startGoogleTokens } from "../emulators/google-tokens.ts";
import type { Login } from "./login.ts";
import { startLayerBucket } from "../registry/storage/layer-bucket.ts";
import { createArtifactRegistryProfile } from "../registry/profiles/artifact-registry.ts";
import { createEcrProfile } from "../registry/profiles/ecr.ts";
import type { EcrProfileOptions } from "../registry/profiles/ecr.ts";
import type { OnRegistryEvent } from "../registry/protocol/registry-event.ts";
import { openRegistryFiles, startRegistry } from "../registry/registry-server.ts";
import type { RunningRegistry } from "../registry/registry-server.ts";

/** The two registries with their addresses and logins. */
export interface Registries {
  readonly source: Login & { readonly blobHost: string; readonly ecrEndpoint: string };
  readonly target: Login & {
    readonly prefix: string;
    readonly google: GoogleEndpoints;
    /** Revokes all tokens of the functions; new tokens are accepted. */
    revokeTokens(): void;
    /** What it has: a test may damage it. */
    readonly catalog: RunningRegistry["catalog"];
  };
}

export interface RegistriesOptions {
  readonly directory: string;
  readonly sourcePort?: number | undefined;
  readonly targetPort?: number | undefined;
  /** The access key that the emulators accept. */
  readonly key: AccessKeyId;
  /** Decides for each request whether the source answers that the token has expired. */
  readonly isSourceTokenExpired?: EcrProfileOptions["isExpired"];
  /** The address by which all clients reach a registry that listens at `host`: a proxy's, for example. `host` when not given. */
  readonly addressOf?: ((host: string) => Promise<string>) | undefined;
  readonly onSource: OnRegistryEvent;
  readonly onTarget: OnRegistryEvent;
}

/** The repository of Artifact Registry that exists at the target. */
export const TARGET_PREFIX = "project/repository";
/** The federation and service account with which the functions log in to the target. */
export const FEDERATION: { readonly audience: string; readonly serviceAccount: string } = {
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/local/providers/aws",
  serviceAccount: "freightliner@project.iam.gserviceaccount.com",
};

/** Starts an ECR-like source and an Artifact-Registry-like target; `stack` closes what was started. */
export async function startRegistries(options: RegistriesOptions, stack: AsyncDisposableStack): Promise<Registries> {
  const source = await startSource(options, stack);
  const target = await startTarget(options, stack);
  return { source, target };
}

async function startSource(options: RegistriesOptions, stack: AsyncDisposableStack): Promise<Registries["source"]> {
  const directory = join(options.directory, "source");
  await mkdir(directory, { recursive: true });
  const password = await keptSecret(join(directory, "password"));
  const files = await openRegistryFiles(directory);
  const bucket = await startLayerBucket(files);
  stack.defer(() => bucket.close());
  const { addressOf = unchanged } = options;
  const blobHost = await addressOf(bucket.host);
  const profile = createEcrProfile({
    password,
    bucket: { ...bucket, sign: (digest) => bucket.sign(digest).replace(bucket.host, blobHost) },
    isExpired: options.isSourceTokenExpired,
  });
  const server = await startRegistry({
    directory,
    files,
    profile,
    port: options.sourcePort,
    onEvent: options.onSource,
  });
  stack.defer(() => server.close());
  const registry = await addressOf(server.host);
  const api = await startEcrApi({
    password,
    proxyEndpoint: `http://${registry}`,
    catalog: server.catalog,
    key: options.key,
  });
  stack.defer(() => api.close());
  return {
    registry,
    username: "AWS",
    password,
    blobHost,
    ecrEndpoint: `http://${api.host}`,
  };
}

async function startTarget(options: RegistriesOptions, stack: AsyncDisposableStack): Promise<Registries["target"]> {
  const directory = join(options.directory, "target");
  const tokens = await startGoogleTokens({ ...FEDERATION, awsKey: options.key });
  stack.defer(() => tokens.close());
  const files = await openRegistryFiles(directory);
  const profile = createArtifactRegistryProfile({
    repositories: [TARGET_PREFIX],
    verifyToken: (token) => tokens.verify(token),
  });
  const server = await startRegistry({
    directory,
    files,
    profile,
    port: options.targetPort,
    onEvent: options.onTarget,
  });
  stack.defer(() => server.close());
  const api = await startArtifactRegistryApi({ catalog: server.catalog, verifyToken: (token) => tokens.verify(token) });
  stack.defer(() => api.close());
  return {
    registry: await (options.addressOf ?? unchanged)(server.host),
    prefix: TARGET_PREFIX,
    username: "oauth2accesstoken",
    password: tokens.issue(),
    revokeTokens: () => tokens.revoke(),
    catalog: server.catalog,
    google: { ...tokens.endpoints, artifactRegistry: `http://${api.host}` },
  };
}

const unchanged = (host: string): Promise<string> => Promise.resolve(host);

/** Reads the password from a file, or creates both: it is stable for a data directory. */
async function keptSecret(path: string): Promise<string> {
  const kept = await readFile(path, "utf8").catch(() => "");
  if (kept !== "") return kept;
  const fresh = randomBytes(18).toString("base64url");
  await writeFile(path, fresh, { mode: 0o600 });
  return fresh;
}
