import * as z from "zod";
import { isRepositoryName } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { RegistryError } from "../oci/errors/registry-error.ts";
import type { Endpoint } from "./client/endpoint.ts";
import { createRepositoryClient } from "./client/repository-client.ts";
import { originOf } from "./client/endpoint.ts";
import { pageOf, pages } from "./listings/pages.ts";

const PAGE_SIZE = 1_000;
const Page = z.object({ repositories: z.array(z.string()).nullish() });

/** Statuses of registries that have no list of repositories, or show it to administrators only. */
const WITHOUT: readonly number[] = [401, 403, 404, 405];

/**
 * The repositories of a registry (distribution, "Listing Repositories"; no part of the distribution-spec). Undefined when the registry has
 * no such list for this login.
 */
export async function listRepositories(
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<readonly RepositoryName[] | undefined> {
  const client = createRepositoryClient(endpoint);
  const url = new URL(`${originOf(endpoint).origin}/v2/_catalog?n=${PAGE_SIZE}`);
  const request = { operation: "list-tags", subject: "_catalog", url, absent: [404, 405] } as const;
  const names: RepositoryName[] = [];
  try {
    for await (const page of pages(client, request, pageOf(Page, sizeOf), signal)) {
      if (page === undefined) return undefined;
      for (const name of page.repositories ?? []) if (isRepositoryName(name)) names.push(name);
    }
  } catch (error) {
    if (error instanceof RegistryError && WITHOUT.includes(error.status ?? 0)) return undefined;
    throw error;
  }
  return names;
}

function sizeOf({ repositories }: z.infer<typeof Page>): number {
  return repositories?.length ?? 0;
}
