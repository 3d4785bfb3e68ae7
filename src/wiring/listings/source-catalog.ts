import { ECRClient } from "@aws-sdk/client-ecr";
import { clientLimits } from "../../aws/client/client-limits.ts";
import { createEcrCatalog } from "../../aws/ecr/ecr-catalog.ts";
import type { Configuration } from "../../contract/configuration/configuration.ts";
import { googlePlace } from "../../contract/providers/google-place.ts";
import { listPackages } from "../../google/package-listing.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { isRepositoryName, parseRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { createRegistrySource } from "../../registry/registry-source.ts";
import { listRepositories } from "../../registry/repository-listing.ts";
import type { DeletionPorts } from "../../replication/deletes/delete-tag.ts";
import type { FactSource } from "../../replication/rules/source-facts.ts";
import type { SourceCatalog } from "../../replication/reconcile/source-catalog.ts";
import type { Registries } from "../registries.ts";
import { createTagLists } from "./tag-lists.ts";
import { tagListingOf } from "./target-inventory.ts";

type Catalog = SourceCatalog & Pick<FactSource, "image"> & Pick<DeletionPorts, "sourceTag">;

/** How a catalog differs from that of a function. */
export interface CatalogOptions {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** How to reach ECR, instead of as the variables of the process say. */
  readonly aws?: object;
}

/** What the source has: from ECR's API, or from the registry itself. @param apiUrl origin of Artifact Registry's API, instead of Google's. */
export function createSourceCatalog(
  { source, rules }: Pick<Configuration, "source" | "rules">,
  registries: Pick<Registries, "source">,
  apiUrl: string | undefined,
  { now = Date.now, aws = {} }: CatalogOptions = {},
): Catalog {
  const { kind, account, region, access } = source;
  if (kind === "ecr") return createEcrCatalog(new ECRClient({ ...clientLimits(), region, ...aws }), account);
  const { prefix } = source;
  const named = namedRepositories(rules);
  const listingOf = (repository: RepositoryName) => tagListingOf(access, registries.source(repository), apiUrl);
  const tagsOf = createTagLists(listingOf, now);
  /** Any repository: only its registry and login matter. */
  const anywhere = registries.source(named[0] ?? parseRepositoryName("any"));
  return {
    async repositories(signal) {
      if (access.listing === "google") {
        const place = googlePlace(access.registry, prefix ?? "");
        return Array.fromAsync(listPackages({ endpoint: anywhere, place, apiUrl }, signal));
      }
      // A registry that lists none still has those that rules name.
      return (await listRepositories(anywhere, signal))?.flatMap((name) => below(prefix, name)) ?? named;
    },
    async *tags(repository, signal) {
      // The registry does not say when a tag was pushed.
      for await (const image of listingOf(repository)(signal)) yield { ...image, pushedAt: 0 };
    },
    async sourceTag(repository, tag, signal) {
      const found = await createRegistrySource(registries.source(repository)).resolve(tag, signal);
      if (found !== undefined) return { kind: "present", digest: found.digest, pushedAt: 0 };
      // A repository that is missing, or hidden from the login, also answers that there is no such tag.
      const listed = await tagsOf(repository, signal);
      const digest = listed.get(tag);
      if (digest !== undefined) return { kind: "present", digest, pushedAt: 0 };
      if (listed.size > 0) return { kind: "absent" };
      const occasion = { side: "source", operation: "list-tags", subject: repository, category: "deferred" } as const;
      throw new RegistryError(occasion, "shows no tag at all, which proves nothing about this one");
    },
    async image(repository, reference, signal) {
      const found = await createRegistrySource(registries.source(repository)).resolve(reference, signal);
      return found && { digest: found.digest, pushedAt: 0 };
    },
  };
}

/** Names that rules select as they are, without a pattern. */
function namedRepositories(rules: Configuration["rules"]): RepositoryName[] {
  return [...new Set(rules.flatMap(({ repositoryGlobs }) => repositoryGlobs))].filter(isRepositoryName);
}

function below(prefix: string | undefined, name: RepositoryName): RepositoryName[] {
  if (prefix === undefined) return [name];
  const rest = name.slice(prefix.length + 1);
  return name.startsWith(`${prefix}/`) && isRepositoryName(rest) ? [rest] : [];
}
