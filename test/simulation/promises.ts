import { successors } from "../../src/oci/manifest.ts";
import { PRE_COPY_BYTES } from "./cloud/cloud.ts";
import type { Cloud, Place } from "./cloud/cloud.ts";
import type { History } from "./pushes.ts";
import { Announcement } from "../../src/replication/pending/announcement.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import { missingUnder } from "./cloud/registry.ts";
import type { Repository } from "./cloud/registry.ts";

/** Checks each tag that a destination is given: it is complete (I1), and never older than the one before (I3). */
export function createTagGuard(cloud: Cloud, { pushes }: History): Cloud["onTag"] {
  const { world } = cloud;
  const newest = new Map<string, number>();
  return (destination, target, tag, digest) => {
    const place = cloud.places.get(destination);
    const name = nameAtSource(place, target);
    const key = `${name}:${tag}`;
    const order = pushes.get(key)?.lastIndexOf(digest);
    // A referrers tag names a list, not an image.
    if (place === undefined || order === undefined) return;
    const missing = missingUnder(place.registry.repository(target), digest);
    if (missing.length > 0) world.violate("I1", `${key} is put at ${destination} without ${missing.join(", ")}`);
    const before = newest.get(`${destination} ${key}`) ?? -1;
    if (order < before) world.violate("I3", `${key} goes back at ${destination} from push ${before} to push ${order}`);
    newest.set(`${destination} ${key}`, Math.max(order, before));
  };
}

/** Each tag whose newest event was delivered is equal at these destinations and at the source. */
export function checkHeard(cloud: Cloud, { newest, lost }: History, invariant: string, names: readonly string[]): void {
  checkTags(cloud, invariant, names, (key) => {
    const event = newest.get(key) ?? "";
    return !lost.has(event) && !cloud.undelivered.includes(event);
  });
}

function checkTags(
  { world, source, places, cancelled }: Cloud,
  invariant: string,
  names: readonly string[],
  isExpected: (key: string) => boolean,
): void {
  for (const [name, { tags, pushedAt }] of source.repositories) {
    for (const [tag, digest] of tags) {
      const key = `${name}:${tag}`;
      for (const destination of isExpected(key) ? names : []) {
        const place = places.get(destination);
        const found = atTarget(place, name)?.tags.get(tag);
        // A newer push than the cancelled one must arrive.
        const cancelledAt = cancelled.get(`${destination}/${place?.destination.prefix}/${key}`) ?? 0;
        if (found === digest || (pushedAt.get(digest) ?? Infinity) <= cancelledAt) continue;
        world.violate(invariant, `${key} is ${found ?? "absent"} at ${destination}, at the source ${digest}`);
      }
    }
  }
}

/**
 * In the end each tag and its referrers are equal to the source (I2, I14), no message is left, each event has exactly one receipt
 * for each destination (I5), and there is no dead letter (I9).
 */
export function checkTheEnd(cloud: Cloud, history: History): void {
  const { world, places, dead } = cloud;
  checkTags(cloud, "I2", [...places.keys()], () => true);
  for (const [destination, place] of places) {
    checkContents(cloud, history, destination, place);
    checkReceipts(cloud, history, destination);
    checkPreCopied(cloud, destination, place);
    const { queue } = place;
    if (queue.size() > 0) world.violate("I5", `${queue.size()} messages are left for ${destination}`);
  }
  checkPending(cloud);
  if (dead.length > 0) world.violate("I9", `dead letters without a cause of their own: ${dead.join(", ")}`);
}

/**
 * Every accepted push has ended, with one receipt and one announcement, which may be delivered several times and is the same each time
 * (I26).
 */
function checkPending({ world, pending, receipts, accepted, announced }: Cloud): void {
  for (const key of pending.keys()) world.violate("I26", `${key} is still pending`);
  const ended = Map.groupBy(
    [...receipts.values()].filter(({ acceptedAt }) => acceptedAt !== undefined),
    endOf,
  );
  const told = Map.groupBy(
    announced.filter(({ type }) => type !== "Late"),
    ({ request, ...subject }) => endOf({ ...subject, id: request }),
  );
  for (const key of accepted) {
    const ends = ended.get(key)?.length ?? 0;
    const events = new Set((told.get(key) ?? []).map((event) => JSON.stringify(Announcement.parse(event)))).size;
    if (ends !== 1) world.violate("I26", `the accepted push ${key} has ${ends} ends`);
    if (events !== 1) world.violate("I26", `the end of the accepted push ${key} is announced in ${events} ways`);
  }
}

function endOf({
  destination,
  repository,
  reference,
  id,
}: Pick<Receipt, "destination" | "repository" | "reference" | "id">): string {
  return `${destination} ${repository}:${reference}#${id}`;
}

function checkContents({ world, source }: Cloud, { signatures }: History, destination: string, place: Place): void {
  for (const [name, { tags }] of source.repositories) {
    const target = atTarget(place, name);
    for (const [tag, digest] of tags) {
      if (target?.tags.get(tag) !== digest) continue;
      if (missingUnder(target, digest).length > 0) {
        world.violate("I1", `${name}:${tag} is incomplete at ${destination} in the end`);
      }
      const signature = signatures.get(digest);
      if (signature === undefined || isListed(target, digest, signature, place)) continue;
      world.violate("I14", `${name}:${tag} is at ${destination} without its signature`);
    }
  }
}

/** What pre-copies sent and no image uses is within their budget (I17). */
function checkPreCopied({ world, preCopied }: Cloud, name: string, { destination, registry }: Place): void {
  for (const [repository, { manifests }] of registry.repositories) {
    const place = `${destination.access.registry} ${repository.replaceAll("/", "-")}`;
    const used = new Set(
      [...manifests.values()].flatMap(({ bytes, mediaType }) =>
        successors(bytes, mediaType).blobs.map(({ digest }): string => digest),
      ),
    );
    const unused = preCopied.filter((sent) => sent.place === place && !used.has(sent.digest));
    const bytes = unused.reduce((sum, sent) => sum + sent.bytes, 0);
    if (bytes > PRE_COPY_BYTES)
      world.violate("I17", `pre-copies to ${name}/${repository} sent ${bytes} bytes that no image uses`);
  }
}

/** In the registry's own list, or in the referrers tag of a registry without the API (distribution-spec, "Referrers Tag Schema"). */
function isListed(
  { manifests, tags }: Repository,
  subject: string,
  signature: string,
  { destination }: Place,
): boolean {
  if (![...manifests.keys()].some((digest) => digest === signature)) return false;
  if (destination.kind === "artifactRegistry") return true;
  const list = tags.get(subject.replace(":", "-"));
  const index = list && manifests.get(list);
  return index !== undefined && Buffer.from(index.bytes).toString().includes(signature);
}

/**
 * An event that could not be delivered has at most one receipt: a request may have been sent before the fan-out failed. One that no rule
 * selected has a receipt of its own.
 */
function checkReceipts(cloud: Cloud, { heard }: History, destination: string): void {
  const { world, receipts, undelivered, tags, places } = cloud;
  const prefix = `${destination}/${places.get(destination)?.destination.prefix}`;

  const unselected = new Set(
    [...receipts]
      .filter(([, receipt]) => receipt.outcome === "skipped" && receipt.reason === "no-rule")
      .map(([, { id }]) => id),
  );
  for (const { id, repository, tag, digest } of heard) {
    const reference = tag ?? digest;
    // Content without a tag is no accepted push: the comparison looks at it after the pause, if it is attached to an image.
    if (tag === undefined && tags.get(`${prefix}/${repository}:${digest}`)?.record.setAsideAt !== undefined) continue;
    const ends = [...receipts].filter(
      ([key, receipt]) => key.startsWith(`${destination}/`) && receipt.id === id && receipt.reference === reference,
    ).length;
    if (ends === 1 || (ends === 0 && (undelivered.includes(id) || unselected.has(id)))) continue;
    world.violate("I5", `${id} has ${ends} receipts for ${destination}`);
  }
}

function atTarget(place: Place | undefined, name: string): Repository | undefined {
  return place?.registry.repository(`${place.destination.prefix}/${name}`);
}

function nameAtSource(place: Place | undefined, target: string): string {
  return target.slice((place?.destination.prefix.length ?? 0) + 1);
}
