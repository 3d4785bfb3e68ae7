import type { PlantedBug } from "./planted-bugs.ts";

const MIRROR = "src/replication/deletes/mirror-deletes.ts";
const DELETE_TAG = "src/replication/deletes/delete-tag.ts";
const DECIDE = "src/replication/deletes/decide-deletion.ts";

/** Bugs of deletes that reach the target. */
export const PLANTED_DELETES: readonly PlantedBug[] = [
  {
    name: "a source without tags counts as one whose tags were all deleted",
    by: "scenes",
    scene: "an emptied source deletes nothing",
    file: MIRROR,
    find: "if (!seen.images.some(({ tag }) => tag !== undefined))",
    replace: "if (signal.aborted)",
  },
  {
    name: "a deleted source repository is forgotten at once",
    by: "scenes",
    scene: "a deleted source repository",
    file: "src/replication/deletes/deleted-repositories.ts",
    find: "const subjects = [...gone, ...listed.filter(isMirrored)]",
    replace: "const subjects = listed.filter(isMirrored)",
  },
  {
    name: "a tag is deleted before its grace period has ended",
    by: "scenes",
    scene: "a delete reaches the target after the grace period, and not before",
    file: MIRROR,
    find: "tombstone.dueAt > now) return [];",
    replace: "tombstone.seenAt > now) return [];",
  },
  {
    name: "deletions of a day are not counted",
    by: "scenes",
    scene: "a storm of deletes deletes the share of a day",
    file: "src/replication/deletes/delete-allowance.ts",
    find: "if (deletedLately(record, now) >= most)",
    replace: "if (deletedLately(undefined, now) >= most)",
  },
  {
    name: "the source is not asked again before a deletion",
    by: "scenes",
    scene: "a delete that is undone by a push at the last moment deletes nothing",
    file: DECIDE,
    find: 'if (source.kind === "absent") return',
    replace: 'if (source.kind !== "archived") return',
  },
  {
    name: "the manifest is deleted instead of the tag",
    by: "scenes",
    scene: "other tags of a deleted tag's image stay, and the image stays",
    file: "src/wiring/listings/target-inventory.ts",
    find: "await deleteManifest(createRepositoryClient(find(name, repository).endpoint), tag, signal);",
    replace:
      "const all = createRepositoryClient(find(name, repository).endpoint);\n      const found = await createRegistryTarget(find(name, repository).endpoint).resolve(tag, signal);\n      await deleteManifest(all, found?.digest ?? tag, signal);",
  },
  {
    name: "tags that something else has put are deleted, too",
    by: "scenes",
    scene: "a tag that something else put at the target stays",
    file: DECIDE,
    find: "return puts.some((put) => put.digest === digest);",
    replace: "return !puts.some((put) => put.digest !== digest);",
  },
  {
    name: "the lease of a tag is released before its deletion",
    by: "scenes",
    scene: "a push during a slow delete is copied after it",
    file: DELETE_TAG,
    find: "  await whileLeaseFresh({ leaseMs, renew }, clock, signal, (working) =>",
    replace:
      "  await tags.update(lease.key, (record) => release(record, lease, undefined), signal);\n  await (async (_lease, _clock, working, work) => work(working))({ leaseMs, renew }, clock, signal, (working) =>",
  },
  {
    name: "retention deletes a tag that the comparison copies again",
    by: "scenes",
    scene: "retention keeps the newest tags, and the comparison does not bring the others back",
    file: "src/replication/deletes/find-candidates.ts",
    find: ': decision.kind === "not-selected";',
    replace: ": true;",
    and: { find: ".slice(0, retention.keepLatest);", replace: ".slice(0, retention.keepLatest - 1);" },
  },
];
