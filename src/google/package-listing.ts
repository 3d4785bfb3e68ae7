import * as z from "zod";
import type { GooglePlace } from "../contract/providers/google-place.ts";
import { isRepositoryName, parseRegistryHost } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Endpoint } from "../registry/client/endpoint.ts";
import { pages } from "../registry/listings/pages.ts";
import { createRepositoryClient } from "../registry/client/repository-client.ts";
import { ARTIFACT_REGISTRY_API, lastOf } from "./tag-listing.ts";

/** The largest page of the API. */
const PAGE_SIZE = 1_000;

/** A page of projects.locations.repositories.packages.list (Artifact Registry REST API v1). */
const Page = z.object({
  packages: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** The images of a repository, below its path. Needs `artifactregistry.packages.list`, which the reader role includes. */
export async function* listPackages(
  {
    endpoint,
    place,
    apiUrl = ARTIFACT_REGISTRY_API,
  }: {
    /** Any image of the repository. The API takes the same credentials. */
    readonly endpoint: Endpoint;
    readonly place: GooglePlace;
    readonly apiUrl?: string | undefined;
  },
  signal: AbortSignal,
): AsyncGenerator<RepositoryName> {
  const api = new URL(apiUrl);
  const client = createRepositoryClient({
    ...endpoint,
    registry: parseRegistryHost(api.host),
    plainHttp: api.protocol === "http:",
    allowedHosts: [],
  });
  const { project, location, repository } = place;
  const resource = `projects/${project}/locations/${location}/repositories/${repository}/packages`;
  const url = new URL(`/v1/${resource}?pageSize=${PAGE_SIZE}`, api);
  const reader = {
    parse: (document: unknown) => Page.safeParse(document).data,
    entries: ({ packages }: z.infer<typeof Page>) => packages.length,
    next({ nextPageToken = "" }: z.infer<typeof Page>): string | undefined {
      if (nextPageToken === "") return undefined;
      const following = new URL(url);
      following.searchParams.set("pageToken", nextPageToken);
      return following.href;
    },
  };
  const request = { operation: "list-tags", subject: endpoint.repository, url, absent: [404] } as const;
  for await (const page of pages(client, request, reader, signal)) {
    for (const { name } of page?.packages ?? []) {
      const image = lastOf(name);
      if (isRepositoryName(image)) yield image;
    }
  }
}
