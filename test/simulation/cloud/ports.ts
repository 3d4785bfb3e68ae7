import type { Receipt, Receipts } from "../../../src/replication/outcome/receipt.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import type { Announcement } from "../../../src/replication/pending/announcement.ts";
import { createRepositoryPauses } from "../../../src/replication/holds/paused-repositories.ts";
import type { PausedRepositories, RepositoryPauses } from "../../../src/replication/holds/paused-repositories.ts";
import type { PendingPush, PendingPushes, PushAcceptor } from "../../../src/replication/pending/pending-push.ts";
import { acceptPush, keyOf, noteAsked, notePush, pushesOf } from "../../fixtures/pending-map.ts";
import { shortDigests } from "../world/short-digests.ts";
import type { Process } from "../world/process.ts";

/** A table with versioned items: each write is conditional on the version, as in DynamoDB. */
export type Table<Record> = Map<string, { readonly version: number; readonly record: Record }>;

/** The table as one process sees it. */
export function storeOf<Record>(
  process: Process,
  table: Table<Record>,
  name: string,
  onWrite: (before: Record | undefined, after: Record, key: string) => void = () => undefined,
): RecordStore<Record> {
  const failure = (): Error => new StoreError(`${name} is unreachable`);
  const readItem = (key: string, signal: AbortSignal) =>
    process.call({
      service: "table",
      what: () => `read ${name} ${shortDigests(key)}`,
      effect: () => table.get(key),
      failure,
      signal,
      isRead: true,
      weight: 0.1,
    });
  return {
    read: async (key, signal) => (await readItem(key, signal))?.record,
    async update(key, change, signal) {
      for (;;) {
        const seen = await readItem(key, signal);
        const { next, answer } = change(seen?.record);
        if (next === undefined) return answer;
        const version = seen?.version ?? 0;
        const write = (): boolean => {
          if ((table.get(key)?.version ?? 0) !== version) return false;
          onWrite(table.get(key)?.record, next, key);
          table.set(key, { version: version + 1, record: next });
          return true;
        };
        const what = (): string => `write ${name} ${shortDigests(key)} ${JSON.stringify(next)}`;
        if (await process.call({ service: "table", what, effect: write, failure, signal, weight: 0.1 })) return answer;
      }
    },
  };
}

/** The paused repositories as one process sees them. */
export function pausesOf(process: Process, table: Table<PausedRepositories>): RepositoryPauses {
  return createRepositoryPauses(storeOf(process, table, "pauses"), () => process.clock.now());
}

/** Pending pushes as one process sees them. */
export function pendingOf(
  process: Process,
  pushes: Map<string, PendingPush>,
  onAccepted: (push: PendingPush) => void = () => undefined,
): PendingPushes & PushAcceptor {
  const call = <T>(what: string, signal: AbortSignal, effect: () => T, isRead = false): Promise<T> => {
    const failure = (): Error => new StoreError("pending pushes are unreachable");
    return process.call({ service: "table", what, effect, failure, signal, isRead, weight: 0.1 });
  };
  return {
    accept(push, signal) {
      const effect = (): void => {
        acceptPush(pushes, push);
        onAccepted(push);
      };
      return call(`accepts ${keyOf(push)}`, signal, effect);
    },
    ofTag: (tag, signal) => call("reads the pushes of a tag", signal, () => pushesOf(pushes, tag), true),
    async *ofDestination(name, signal) {
      const found = () => [...pushes.values()].filter(({ destination }) => destination === name);
      yield* await call(`reads what is pending for ${name}`, signal, found, true);
    },
    note: (push, note, signal) =>
      call(`notes ${JSON.stringify(note)} of ${keyOf(push)}`, signal, () => notePush(pushes, push, note)),
    noteAsked: (push, askedAt, signal) =>
      call(`notes that ${keyOf(push)} was asked for again`, signal, () => noteAsked(pushes, push, askedAt)),
    end: (push, signal) => call(`ends ${keyOf(push)}`, signal, () => void pushes.delete(keyOf(push))),
  };
}

/** The queue of announcements as one process sees it. */
export function announcerOf(process: Process, announced: Announcement[]) {
  return (announcement: Announcement, signal: AbortSignal): Promise<void> =>
    process.call({
      service: "queue",
      what: `announces ${announcement.type} ${announcement.id}`,
      effect: () => void announced.push(announcement),
      failure: () => new Error("the queue cannot be reached"),
      signal,
      weight: 0.1,
    });
}

/** Receipts as one process sees them: the first receipt of a key is kept. */
export function receiptsOf(process: Process, receipts: Map<string, Receipt>): Receipts {
  return {
    write(about, receipt, signal) {
      const record = about.kind === "tag" ? about.key : about.id;
      const key = `${record} ${receipt.pushedAt} ${receipt.id}`;
      return process.call({
        service: "table",
        what: `writes the receipt of ${record}: ${receipt.outcome}`,
        effect: () => {
          const known = receipts.get(key) ?? receipt;
          receipts.set(key, known);
          return known;
        },
        failure: () => new StoreError("the receipt cannot be written"),
        signal,
        weight: 0.3,
      });
    },
  };
}
