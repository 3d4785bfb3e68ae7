import type { Destination } from "../../contract/configuration/configuration-document.ts";
import { googlePlace } from "../../contract/providers/google-place.ts";
import { createGoogleTagListing, DOCKER_LISTING_MAX } from "../../google/tag-listing.ts";
import type { RegistryAccess } from "../../contract/providers/provider.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";
import type { Endpoint } from "../../registry/client/endpoint.ts";
import { createRepositoryClient } from "../../registry/client/repository-client.ts";
import { deleteManifest } from "../../registry/manifests/delete-manifest.ts";
import { fetchManifest } from "../../registry/manifests/fetch-manifest.ts";
import { isListedReferrer } from "../../registry/manifests/listed-referrer.ts";
import { createRegistryTarget, targetThrough } from "../../registry/registry-target.ts";
import type { DeletionPorts } from "../../replication/deletes/delete-tag.ts";
import type { UndeletePorts } from "../../replication/deletes/undelete.ts";
import type { TargetInventory } from "../../replication/reconcile/target-inventory.ts";
import { createTagListing } from "../../registry/tags-with-digests.ts";
import type { Registries } from "../registries.ts";

/** What the undo of a deletion needs of a repository at a destination. */
interface UndeletedTargets {
  readonly target: (destination: string, repository: RepositoryName) => UndeletePorts["target"];
}

export function createTargetInventory(
  destinations: readonly Destination[],
  registries: Registries,
  apiUrl: string | undefined,
): TargetInventory & Pick<DeletionPorts, "resolveTag" | "deleteTag"> & UndeletedTargets {
  const endpoints = new Map(
    destinations.map((destination) => [
      destination.name,
      { destination, endpointOf: registries.destination(destination.name) },
    ]),
  );
  const find = (name: string, repository: RepositoryName) => {
    const known = endpoints.get(name);
    if (known === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
    return { destination: known.destination, endpoint: known.endpointOf(repository) };
  };
  return {
    listing(name, repository) {
      const { destination, endpoint } = find(name, repository);
      return tagListingOf(destination.access, endpoint, apiUrl);
    },
    async hasManifest(name, repository, { digest, subject }, signal) {
      const client = createRepositoryClient(find(name, repository).endpoint);
      if ((await targetThrough(client).resolve(digest, signal)) === undefined) return false;
      return subject === undefined || isListedReferrer(client, { digest, subject }, signal);
    },
    async resolveTag(name, repository, tag, signal) {
      return (await createRegistryTarget(find(name, repository).endpoint).resolve(tag, signal))?.digest;
    },
    target(name, repository) {
      const client = createRepositoryClient(find(name, repository).endpoint);
      return {
        ...targetThrough(client),
        fetchManifest: (descriptor, signal) => fetchManifest(client, descriptor, signal),
      };
    },
    async deleteTag(name, repository, tag, signal) {
      await deleteManifest(createRepositoryClient(find(name, repository).endpoint), tag, signal);
    },
  };
}

/** All tags of a repository with their digests, as its kind of registry lists them. @param apiUrl origin of Google's API, instead of its own. */
export function tagListingOf(
  { registry, listing }: RegistryAccess,
  endpoint: Endpoint,
  apiUrl: string | undefined,
): TagListing {
  if (listing === "distribution") return createTagListing(endpoint);
  const place = googlePlace(registry, endpoint.repository);
  const list = createGoogleTagListing({ endpoint, place, apiUrl });
  return createTagListing(endpoint, { minEntries: DOCKER_LISTING_MAX, list });
}
