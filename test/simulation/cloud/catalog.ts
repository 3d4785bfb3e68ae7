import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { isTag, parseRepositoryName } from "../../../src/oci/reference.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { SourceCatalog, SourceImage } from "../../../src/replication/reconcile/source-catalog.ts";
import type { DeletionPorts } from "../../../src/replication/deletes/delete-tag.ts";
import type { FactSource } from "../../../src/replication/rules/source-facts.ts";
import type { Process } from "../world/process.ts";
import type { Cloud } from "./cloud.ts";
import type { Repository } from "./registry.ts";

/** Each tag, and each manifest without one, with its subject (ECR API reference, ImageDetail, `subjectManifestDigest`). */
function* imagesOf({ tags, manifests, pushedAt, referrers }: Repository): Iterable<SourceImage> {
  for (const [tag, digest] of tags) {
    if (isTag(tag)) yield { tag, digest, pushedAt: pushedAt.get(digest) ?? 0 };
  }
  const tagged = new Set(tags.values());
  const subjects = new Map([...referrers].flatMap(([subject, found]) => found.map(({ digest }) => [digest, subject])));
  for (const digest of manifests.keys()) {
    if (!tagged.has(digest)) yield { digest, subject: subjects.get(digest), pushedAt: pushedAt.get(digest) ?? 0 };
  }
}

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
      const listed = await read("lists tags", () => [...imagesOf(source.repository(name))], signal);
      yield* listed;
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
