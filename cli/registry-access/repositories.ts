import type { ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { acceptsPreemptiveBasic } from "../../src/contract/providers/preemptive-basic.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Repository } from "../../src/oci/reference.ts";
import type { Side } from "../../src/oci/errors/registry-error.ts";
import { fixedCredentials } from "../../src/registry/auth/credentials.ts";
import type { Endpoint } from "../../src/registry/client/endpoint.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { createSharedLimits } from "../../src/registry/resilience/shared-limits.ts";
import { dockerCredentials } from "../credentials/docker-credentials.ts";
import type { AccessOptions } from "./access-options.ts";
import { createRequestRate } from "./request-rate.ts";
import { openRegistryAccess } from "./registry-access.ts";
import type { RegistryAccess } from "./registry-access.ts";

/** Opens repositories with the user's credentials. Each source and target is opened once. */
export interface Repositories extends AsyncDisposable {
  readonly source: (repository: Repository) => Promise<ImageSource>;
  readonly target: (repository: Repository) => Promise<ImageTarget>;
  /** For requests that neither a source nor a target makes, such as listings. */
  readonly endpoint: (side: Side, repository: Repository) => Promise<Endpoint>;
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
  const endpoint = async (side: Side, { registry, name }: Repository): Promise<Endpoint> => {
    const { settingsOf, connections } = await access();
    const { requestsPerSecond, ...settings } = settingsOf(registry);
    const rate = requestsPerSecond === undefined ? undefined : createRequestRate(requestsPerSecond, systemClock);
    return {
      side,
      registry,
      repository: name,
      ...settings,
      preemptive: acceptsPreemptiveBasic(registry),
      credentials: fixedCredentials(await dockerCredentials(`${registry}/${name}`, environment, signal)),
      connections,
      // The command has no queue that would retry later, so it retries patiently.
      limits: createSharedLimits({
        retryPolicies: { preset: "patient" },
        rate,
        ...(onBusy === undefined ? {} : { onBusy }),
      }),
    };
  };
  return {
    endpoint,
    source: once(async (repository) => createRegistrySource(await endpoint("source", repository))),
    target: once(async (repository) => createRegistryTarget(await endpoint("target", repository))),
    async [Symbol.asyncDispose]() {
      await opened?.then(
        ({ connections }) => connections.close(),
        () => undefined,
      );
    },
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
