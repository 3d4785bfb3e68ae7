import type { Destination } from "../contract/configuration-document.ts";
import { googlePlace } from "../contract/google-place.ts";
import { createGoogleTagListing, DOCKER_LISTING_MAX } from "../google/tag-listing.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { TagListing } from "../oci/tag-listing.ts";
import { createTagListing } from "../registry/tagged-digests.ts";
import type { EndpointMaker } from "./endpoint-maker.ts";

/** How to list the tags of a repository at a destination: as the registry does, and at Google past what its listing holds. */
export function createTagListings(
  destinations: readonly Destination[],
  registries: EndpointMaker,
  apiUrl: string | undefined,
): (destination: string, repository: RepositoryName) => TagListing {
  const endpoints = new Map(
    destinations.map((destination) => [
      destination.name,
      { destination, endpointOf: registries.destination(destination.name) },
    ]),
  );
  return (name, repository) => {
    const known = endpoints.get(name);
    if (known === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
    const { destination, endpointOf } = known;
    const endpoint = endpointOf(repository);
    if (destination.kind !== "artifactRegistry") return createTagListing(endpoint);
    const place = googlePlace(destination.registry, repository);
    const list = createGoogleTagListing({ endpoint, place, apiUrl });
    return createTagListing(endpoint, { from: DOCKER_LISTING_MAX, list });
  };
}
