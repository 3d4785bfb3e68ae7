import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { isTag, parseRepositoryName } from "../../../src/oci/reference.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { SourceCatalog } from "../../../src/replication/reconcile/source-catalog.ts";
import type { DeletionPorts } from "../../../src/replication/deletes/delete-tag.ts";
import type { FactSource } from "../../../src/replication/rules/source-facts.ts";
import type { Process } from "../world/process.ts";
import type { Cloud } from "./cloud.ts";

/** The catalog of the source (ECR API reference, DescribeRepositories, DescribeImages). */
export function catalogOf(
  { source }: Cloud,
  process: Process,
): SourceCatalog & Pick<FactSource, "image"> & Pick<DeletionPorts, "sourceTag"> {
  const about = { side: "source", operation: "list-tags", subject: "ECR", category: "deferred" } as const;
  const failure = (): Error => new RegistryError(about, "simulated");
  const read = <T>(what: string, effect: () => T, signal: AbortSignal): Promise<T> =>
    process.call({ service: "source", what, effect, failure, signal, isRead: true, weight: 0.3 });
  return {
    repositories: (signal) =>
      read(
        "lists repositories",
        () => [...source.repositories.keys()].map((name) => parseRepositoryName(name)),
        signal,
      ),
    async *tags(name, signal) {
      // ECR API reference, DescribeImages: RepositoryNotFoundException.
      if (!source.repositories.has(name)) throw new RegistryError({ ...about, code: "NAME_UNKNOWN" }, "is gone");
      const { tags, pushedAt } = source.repository(name);
      for (const [tag, digest] of await read("lists tags", () => [...tags], signal)) {
        if (isTag(tag)) yield { tag, digest, pushedAt: pushedAt.get(digest) ?? 0 };
      }
    },
    async image(name, reference, signal) {
      const { tags, pushedAt } = source.repository(name);
      const found = (): Digest | undefined => (isDigest(reference) ? reference : tags.get(reference));
      const digest = await read(`describes ${name}:${reference}`, found, signal);
      return digest && { digest, pushedAt: pushedAt.get(digest) ?? 0 };
    },
    async sourceTag(name, tag, signal) {
      if (!source.repositories.has(name)) throw new RegistryError({ ...about, code: "NAME_UNKNOWN" }, "is gone");
      const { tags, pushedAt } = source.repository(name);
      const digest = await read(`describes ${name}:${tag}`, () => tags.get(tag), signal);
      return digest === undefined
        ? { kind: "absent" }
        : { kind: "present", digest, pushedAt: pushedAt.get(digest) ?? 0 };
    },
  };
}
