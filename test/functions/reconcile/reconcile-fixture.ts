import { createRepositoryPauses } from "../../../src/replication/holds/paused-repositories.ts";
import type { PausedRepositories } from "../../../src/replication/holds/paused-repositories.ts";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import type { ReconcileDependencies } from "../../../functions/reconcile/reconcile-dependencies.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import type { CopyRequest } from "../../../src/replication/planning/copy-request.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import type { QueuePauseRecord } from "../../../src/replication/destination/queue-pause.ts";
import type { DeletionRecord } from "../../../src/replication/deletes/deletion-record.ts";
import type { Receipt, ReceiptOf } from "../../../src/replication/outcome/receipt.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import type { ReconcileRecord } from "../../../src/replication/cycle/cycle-record.ts";
import type { BackfillRecord } from "../../../src/replication/backfill/backfill-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { createObserved } from "../observer.ts";
import { documentOf } from "../../fixtures/configuration.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const digest = (text: string): Digest => digestOf(new TextEncoder().encode(text));

export const DOCUMENT = documentOf({ repositories: ["**"], destinations: ["gar"] });

/** Two destinations that get every repository. */
export const TWO_DESTINATIONS = documentOf({ repositories: ["**"], destinations: ["gar", "other"] });

export function setUp(
  overrides: { document?: Partial<ConfigurationDocument>; with?: Partial<ReconcileDependencies> } = {},
) {
  const time = { now: 10 * HOUR };
  /** `repository:tag` -> content, pushed an hour before. */
  const source = new Map<string, { text: string; pushedAt: number; restoredAt?: number }>();
  const target = new Map<string, string>();
  const sent: CopyRequest[] = [];
  const observer = createObserved();
  const tags = createMemoryRecordStore<TagRecord>();
  const cycles = createMemoryRecordStore<ReconcileRecord>();
  const backfills = createMemoryRecordStore<BackfillRecord>();
  const queuePauses = createMemoryRecordStore<QueuePauseRecord>();
  const pausedRepositories = createMemoryRecordStore<PausedRepositories>();
  const circuits = createMemoryRecordStore<CircuitRecord>();
  const deletions = createMemoryRecordStore<DeletionRecord>();
  const receipts: Receipt[] = [];
  const known = new Map<string, Receipt>();
  const noteReceipt = (about: ReceiptOf, receipt: Receipt): Receipt => {
    const key = `${JSON.stringify(about)} ${receipt.pushedAt} ${receipt.id}`;
    const earlier = known.get(key);
    if (earlier !== undefined) return earlier;
    known.set(key, receipt);
    receipts.push(receipt);
    return receipt;
  };
  const opened: string[] = [];
  const split = (name: string): [string, string] => [
    name.slice(0, name.indexOf(":")),
    name.slice(name.indexOf(":") + 1),
  ];
  const dependencies: ReconcileDependencies = {
    configuration: parseConfiguration({ ...DOCUMENT, ...overrides.document }),
    tags,
    cycles,
    backfills,
    queuePauses,
    pauses: createRepositoryPauses(pausedRepositories, () => time.now),
    circuits,
    observer,
    owner: "owner",
    now: () => time.now,
    timeout: (ms) => AbortSignal.timeout(ms),
    backlog: () => Promise.resolve(0),
    deletions,
    receipts: { write: (about, receipt) => Promise.resolve(noteReceipt(about, receipt)) },
    clock: { ...systemClock, now: () => time.now },
    sourceTag: (repository, tag) => {
      const image = source.get(`${repository}:${tag}`);
      if (image === undefined) return Promise.resolve({ kind: "absent" });
      return Promise.resolve({ kind: "present", digest: digest(image.text), pushedAt: image.pushedAt });
    },
    resolveTag: (_destination, repository, tag) => {
      const text = target.get(`${repository}:${tag}`);
      return Promise.resolve(text === undefined ? undefined : digest(text));
    },
    deleteTag: (_destination, repository, tag) => Promise.resolve(void target.delete(`${repository}:${tag}`)),
    hasManifest: (_destination, repository, wanted) =>
      Promise.resolve(
        [...target].some(([name, text]) => split(name)[0] === repository && digest(text) === wanted.digest),
      ),
    resumeQueues: (destination) => Promise.resolve(void opened.push(destination)),
    send: (requests) => Promise.resolve(void sent.push(...requests)),
    catalog: {
      repositories: () =>
        Promise.resolve(
          [...new Set([...source.keys()].map((name) => split(name)[0]))].map((name) => parseRepositoryName(name)),
        ),
      async *tags(repository) {
        for (const [name, { text, ...times }] of source) {
          const [found, tag] = split(name);
          if (found === repository) yield await Promise.resolve({ tag: parseTag(tag), digest: digest(text), ...times });
        }
      },
    },
    listing: (_destination, repository) =>
      async function* list(signal) {
        signal.throwIfAborted();
        for (const [name, text] of target) {
          const [found, tag] = split(name);
          if (found === repository) yield await Promise.resolve({ tag: parseTag(tag), digest: digest(text) });
        }
      },
    ...overrides.with,
  };
  const push = (name: string, text: string, pushedAt = time.now - HOUR): void =>
    void source.set(name, { text, pushedAt });
  const restore = (name: string, restoredAt: number): void => {
    const image = source.get(name);
    if (image !== undefined) source.set(name, { ...image, restoredAt });
  };
  const asked = (): string[] => sent.map(({ repository, reference }) => `${repository}:${reference}`);
  const count = (metric: string): number =>
    observer.counts.filter((each) => each.metric === metric).reduce((sum, { value }) => sum + value, 0);
  const handle = createHandler(dependencies);
  return {
    time,
    source,
    target,
    sent,
    deletions,
    receipts,
    push,
    restore,
    asked,
    count,
    observer,
    tags,
    cycles,
    backfills,
    queuePauses,
    pausedRepositories,
    circuits,
    opened,
    dependencies,
    handle,
  };
}
