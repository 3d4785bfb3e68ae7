import * as z from "zod";
import type { GooglePlace } from "../contract/providers/google-place.ts";
import { isDigest } from "../oci/digest.ts";
import { isTag, parseRegistryHost } from "../oci/reference.ts";
import type { TaggedDigest, TagListing } from "../oci/tag-listing.ts";
import type { Endpoint } from "../registry/client/endpoint.ts";
import { pages } from "../registry/listings/pages.ts";
import { createRepositoryClient } from "../registry/client/repository-client.ts";

/** Artifact Registry truncates the listings of its Docker API at this number of tags or images ("Quotas and limits"). */
export const DOCKER_LISTING_MAX = 10_000;

export const ARTIFACT_REGISTRY_API = "https://artifactregistry.googleapis.com";
/** The largest page of the API. */
const PAGE_SIZE = 1_000;

/** A page of projects.locations.repositories.packages.tags.list (Artifact Registry REST API v1). */
const Page = z.object({
  tags: z.array(z.object({ name: z.string(), version: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

export interface GoogleTagListingOptions {
  /** The image at the registry. The API takes the same credentials. */
  readonly endpoint: Endpoint;
  readonly place: GooglePlace;
  /** Origin of the API instead of Google's. */
  readonly apiUrl?: string | undefined;
}

/** All tags of an image, without a limit, from Google's own API. Needs `artifactregistry.tags.list`, which the reader role includes. */
export function createGoogleTagListing({
  endpoint,
  place,
  apiUrl = ARTIFACT_REGISTRY_API,
}: GoogleTagListingOptions): TagListing {
  const api = new URL(apiUrl);
  const client = createRepositoryClient({
    ...endpoint,
    registry: parseRegistryHost(api.host),
    plainHttp: api.protocol === "http:",
    allowedHosts: [],
  });
  const { project, location, repository, image } = place;
  const resource = `projects/${project}/locations/${location}/repositories/${repository}/packages/${encodeURIComponent(image)}`;
  const url = new URL(`/v1/${resource}/tags?pageSize=${PAGE_SIZE}`, api);
  const reader = {
    parse: (document: unknown) => Page.safeParse(document).data,
    entries: ({ tags }: z.infer<typeof Page>) => tags.length,
    next({ nextPageToken }: z.infer<typeof Page>): string | undefined {
      if (nextPageToken === undefined || nextPageToken === "") return undefined;
      const following = new URL(url);
      following.searchParams.set("pageToken", nextPageToken);
      return following.href;
    },
  };
  return async function* list(signal) {
    const request = { operation: "list-tags", subject: endpoint.repository, url, absent: [404] } as const;
    for await (const page of pages(client, request, reader, signal)) {
      for (const { name, version } of page?.tags ?? []) yield* taggedDigest(lastOf(name), lastOf(version));
    }
  };
}

function* taggedDigest(tag: string, digest: string): Generator<TaggedDigest> {
  if (isTag(tag) && isDigest(digest)) yield { tag, digest };
}

/** The last part of a resource name, unescaped; empty when it is malformed. */
export function lastOf(name: string): string {
  try {
    return decodeURIComponent(name.slice(name.lastIndexOf("/") + 1));
  } catch {
    return "";
  }
}
