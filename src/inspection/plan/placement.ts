import type { Configuration } from "../../contract/configuration/configuration.ts";
import { googlePlace } from "../../contract/providers/google-place.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { PlannedBlob } from "../content/copy-plan.ts";
import type { FileBlob } from "./plan-line.ts";

/**
 * Which blobs earlier lines of a plan bring to which repositories: a layer that images, tags and repositories share is sent once. It remembers
 * each blob that a plan sends, some 150 bytes for each, however many lines need it.
 */
export interface Placement {
  /** How a line gets its blobs. Lines that come later know that it has them. */
  place(destination: string, to: RepositoryName, blobs: readonly PlannedBlob[]): FileBlob[];
}

/** A repository that gets a blob, and how. */
interface Placed {
  readonly to: RepositoryName;
  readonly way: Pick<FileBlob, "how" | "from">;
}

/** @param sharesBlobs true for two repositories of a destination with the same blobs. */
export function createPlacement(
  sharesBlobs: (destination: string, one: RepositoryName, other: RepositoryName) => boolean,
): Placement {
  const placed = new Map<string, Map<Digest, Placed[]>>();

  function placeOne(destination: string, to: RepositoryName, { descriptor, mountFrom }: PlannedBlob): FileBlob {
    const known = placed.get(destination) ?? new Map<Digest, Placed[]>();
    placed.set(destination, known);
    const { digest, size } = descriptor;
    const earlier = known.get(digest) ?? [];
    const own = earlier.find((each) => each.to === to);
    if (own !== undefined) return { digest, size, ...own.way, again: true };
    const way = wayTo(destination, to, { earlier, mountFrom });
    known.set(digest, [...earlier, { to, way }]);
    return { digest, size, ...way };
  }

  function wayTo(
    destination: string,
    to: RepositoryName,
    { earlier, mountFrom }: { readonly earlier: readonly Placed[] } & Pick<PlannedBlob, "mountFrom">,
  ): Placed["way"] {
    const shared = earlier.find((other) => sharesBlobs(destination, to, other.to));
    if (shared !== undefined) return { how: "shared", from: shared.to };
    const from = mountFrom ?? earlier[0]?.to;
    return from === undefined ? { how: "send" } : { how: "mount", from };
  }

  return { place: (destination, to, blobs) => blobs.map((blob) => placeOne(destination, to, blob)) };
}

/** True for two repositories of a destination that share their blobs: those of one repository of Artifact Registry. */
export function sharesBlobsOf({ destinations }: Pick<Configuration, "destinations">) {
  return (destination: string, one: RepositoryName, other: RepositoryName): boolean => {
    const access = destinations.find(({ name }) => name === destination)?.access;
    if (access?.listing !== "google") return false;
    const [a, b] = [googlePlace(access.registry, one), googlePlace(access.registry, other)];
    return a.project === b.project && a.location === b.location && a.repository === b.repository;
  };
}
