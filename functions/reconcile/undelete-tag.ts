import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { COPY_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { RateExceededError } from "../../src/oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import type { RepositoryName, Tag } from "../../src/oci/reference.ts";
import { undelete } from "../../src/replication/deletes/undelete.ts";
import type { Undeleted, UndeletePorts } from "../../src/replication/deletes/undelete.ts";

/** A tag at a destination. */
export interface DeletedTag {
  readonly destination: string;
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** The host at which the operator believes the destination to be. */
  readonly registry?: string | undefined;
}

export type UndeleteEnd =
  | Undeleted
  | { readonly kind: "elsewhere"; readonly registry: string }
  | { readonly kind: "failed"; readonly problem: string };

export interface UndeleteDependencies extends Omit<UndeletePorts, "target" | "leaseMs"> {
  readonly configuration: Configuration;
  readonly target: (destination: string, repository: RepositoryName) => UndeletePorts["target"];
  readonly observer: Observer;
}

/** Undoes the deletion of a tag, for an operator: with the login that deletes. @throws {StoreError} when the table does not answer. */
export async function undeleteTag(
  { destination, repository, tag, registry }: DeletedTag,
  { configuration, target, observer, ...ports }: UndeleteDependencies,
  signal: AbortSignal,
): Promise<UndeleteEnd> {
  const known = configuration.destinations.find(({ name }) => name === destination);
  if (known === undefined) return { kind: "failed", problem: `${destination} is not in the configuration in force` };
  const own = known.access.registry;
  if (registry !== undefined && registry !== own) return { kind: "elsewhere", registry: own };
  const at = { ...ports, target: target(destination, repository), leaseMs: COPY_LEASE_SECONDS * 1_000 };
  try {
    const ended = await undelete(tag, `${destination}/${repository}`, at, signal);
    observer.info(`Undo of a deletion ended: ${ended.kind}`, { destination, repository, reference: tag });
    return ended;
  } catch (error) {
    if (!(error instanceof RegistryError || error instanceof RateExceededError)) throw error;
    return { kind: "failed", problem: describeError(error) };
  }
}
