import type { ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { acceptsPreemptiveBasic } from "../../src/contract/providers/preemptive-basic.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { RegistryHost, Repository } from "../../src/oci/reference.ts";
import type { Side } from "../../src/oci/errors/registry-error.ts";
import { fixedCredentials } from "../../src/registry/credentials/credentials.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import type { RepositoryClient } from "../../src/registry/client/repository-client.ts";
import { sourceThrough } from "../../src/registry/registry-source.ts";
import { targetThrough } from "../../src/registry/registry-target.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { createSharedLimits } from "../../src/registry/resilience/shared-limits.ts";
import type { SharedLimits } from "../../src/registry/resilience/shared-limits.ts";
import { dockerCredentials } from "../credentials/docker-credentials.ts";
import type { AccessOptions } from "./access-options.ts";
import { registryKey } from "./registry-key.ts";
import { createRequestRate } from "./request-rate.ts";
import { openRegistryAccess } from "./registry-access.ts";
import type { RegistryAccess } from "./registry-access.ts";

/**
 * Opens repositories with the user's credentials, each side of each once. All requests to a registry share its limits, whatever
 * their repository and side.
 */
export interface Repositories extends AsyncDisposable {
  readonly source: (repository: Repository) => Promise<ImageSource>;
  readonly target: (repository: Repository) => Promise<ImageTarget>;
  /** For requests that neither a source nor a target makes, such as listings. */
  readonly client: (side: Side, repository: Repository) => Promise<RepositoryClient>;
}

export interface OpenRepositories extends AccessOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Aborts a credential helper. */
  readonly signal: AbortSignal;
  /** Called when a registry asks to slow down. */
  readonly onBusy?: () => void;
}

/** Reads options, files and environment variables when the first repository is opened, which then throws {@link UsageError}. */
export function openRepositories({ environment, signal, onBusy, ...options }: OpenRepositories): Repositories {
  let opened: Promise<RegistryAccess> | undefined;
  const access = (): Promise<RegistryAccess> => (opened ??= openRegistryAccess(options, environment));
  const limitsOf = createLimitsByRegistry(onBusy);
  const open = async (side: Side, { registry, name }: Repository): Promise<RepositoryClient> => {
    const { settingsOf, connections } = await access();
    const { requestsPerSecond, ...settings } = settingsOf(registry);
    return createRepositoryClient({
      side,
      registry,
      repository: name,
      ...settings,
      preemptive: acceptsPreemptiveBasic(registry),
      credentials: fixedCredentials(await dockerCredentials(`${registry}/${name}`, environment, signal)),
      connections,
      limits: limitsOf(registry, requestsPerSecond),
    });
  };
  const sources = once((repository) => open("source", repository));
  const targets = once((repository) => open("target", repository));
  return {
    client: (side, repository) => (side === "source" ? sources : targets)(repository),
    source: once(async (repository) => sourceThrough(await sources(repository))),
    target: once(async (repository) => targetThrough(await targets(repository))),
    async [Symbol.asyncDispose]() {
      await opened?.then(
        ({ connections }) => connections.close(),
        () => undefined,
      );
    },
  };
}

type LimitsOf = (registry: RegistryHost, requestsPerSecond: number | undefined) => SharedLimits;

function createLimitsByRegistry(onBusy: (() => void) | undefined): LimitsOf {
  const known = new Map<string, SharedLimits>();
  return (registry, requestsPerSecond) => {
    const key = registryKey(registry);
    const found = known.get(key);
    if (found !== undefined) return found;
    const limits = createSharedLimits({
      // The command has no queue that would retry later, so it retries patiently.
      retryPolicies: { preset: "patient" },
      rate: requestsPerSecond === undefined ? undefined : createRequestRate(requestsPerSecond, systemClock),
      ...(onBusy === undefined ? {} : { onBusy }),
    });
    known.set(key, limits);
    return limits;
  };
}

function once<T>(open: (repository: Repository) => Promise<T>): (repository: Repository) => Promise<T> {
  const opened = new Map<string, Promise<T>>();
  return ({ registry, name }) => {
    const key = formatReference({ registry, name });
    const found = opened.get(key) ?? open({ registry, name });
    opened.set(key, found);
    return found;
  };
}
