import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import { chooseForRule, portsForSubset } from "../../replication/decide/decide-tag.ts";
import type { Differences } from "../../replication/reconcile/find-differences.ts";
import type { RepositoryTarget } from "../../replication/reconcile/repository-target.ts";
import { referenceOf } from "../../replication/reconcile/source-catalog.ts";
import type { SourceImage } from "../../replication/reconcile/source-catalog.ts";
import { decideRequest } from "../../replication/rules/decide-request.ts";
import { readImageAndCompanions } from "../content/image-and-companions.ts";
import { alreadyListed, withKnownTags } from "../content/known-tags.ts";
import type { PlanContext } from "../plan/plan-context.ts";
import { compareImages } from "./compare-images.ts";
import type { Comparison } from "./compare-images.ts";
import { createContentChecks } from "./content-checks.ts";

/** `moved`: either side changed while it was compared, or the rules do not select the image any more. */
export type VerifiedEqual = { readonly kind: "moved" } | ({ readonly kind: "compared" } & Comparison);

/** Compares images whose tags name the same digest at both ends, down to the last blob. */
export type VerifyEqual = (image: SourceImage, signal: AbortSignal) => Promise<VerifiedEqual>;

/** The tagged images that the listings of both ends show as equal. */
export function equalImages({ images, selection, different }: Differences): SourceImage[] {
  const differing = new Set(different);
  return images.filter((image) => image.tag !== undefined && selection.wants(image) && !differing.has(image));
}

/** Opens one repository and its copy. What its images share is asked for once. @throws {RegistryError} @throws {FormatError} @throws {MissingContentError} */
export function openVerification(
  place: Pick<RepositoryTarget, "repository" | "destination" | "to">,
  { images }: Differences,
  { configuration, sides, facts, now }: PlanContext,
): VerifyEqual {
  const source = sides.source(place.repository);
  const side = sides.target(place.destination, place.to);
  const { content } = side;
  const checks = createContentChecks({
    read: content,
    hasBlob: (blob, signal) => content.hasBlob(blob, signal),
    readBlobs: false,
  });
  const sourceTags = new Set<string>(images.flatMap(({ tag }) => (tag === undefined ? [] : [tag])));

  async function compare(image: SourceImage, signal: AbortSignal): Promise<VerifiedEqual> {
    const reference = referenceOf(image);
    const request = { destination: place.destination, repository: place.repository, reference, pushedAt: 0 };
    const decided = await decideRequest(request, { rules: configuration.rules, facts, now }, signal);
    if (decided.kind !== "copy") return MOVED;
    const found = await source.readManifest(reference, signal);
    if (found?.digest !== image.digest) return MOVED;
    const { rule, onlyAttached } = decided;
    const policy = { referrers: true, onlyAttached, platforms: rule.platforms };
    const chosen = await chooseForRule(found, source, policy, signal);
    if (chosen === undefined) return MOVED;
    const ports = portsForSubset({ source, ...side }, chosen);
    const { root, excluded } = chosen;
    const reading = {
      source: withKnownTags(ports.source, alreadyListed(sourceTags)),
      referrers: true,
      sparse: configuration.sparseIndexes,
      excluded,
    };
    const named = await readImageAndCompanions({ root, reference }, reading, signal);
    return {
      kind: "compared",
      ...(await compareImages(named, { read: content, checks }, { referrers: true }, signal)),
    };
  }

  return async (image, signal) => {
    const compared = await compare(image, signal);
    if (compared.kind === "moved" || compared.differences.length === 0) return compared;
    return (await isAsListed(image, source, signal)) ? compared : MOVED;
  };
}

const MOVED = { kind: "moved" } as const;

/** False when the source's tag moved meanwhile: then the copy cannot be blamed. */
async function isAsListed(image: SourceImage, source: ImageSource, signal: AbortSignal): Promise<boolean> {
  const reference = referenceOf(image);
  const current: Digest | undefined = isDigest(reference)
    ? reference
    : (await source.resolve(reference, signal))?.digest;
  return current === image.digest;
}
