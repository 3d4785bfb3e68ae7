import type { PendingPush, PendingPushes, PushAcceptor } from "../../src/replication/pending/pending-push.ts";
import { acceptPush, keyOf, noteAsked, notePush, pushesOf } from "../fixtures/pending-map.ts";

/** Pending pushes in a map. */
export function createMemoryPending(pushes: Map<string, PendingPush> = new Map()): PendingPushes & PushAcceptor {
  return {
    accept: (push) => Promise.resolve(acceptPush(pushes, push)),
    ofTag: (tag) => Promise.resolve(pushesOf(pushes, tag)),
    async *ofDestination(name) {
      yield* await Promise.resolve([...pushes.values()].filter(({ destination }) => destination === name));
    },
    note: (push, note) => Promise.resolve(notePush(pushes, push, note)),
    noteAsked: (push, askedAt) => Promise.resolve(noteAsked(pushes, push, askedAt)),
    end: (push) => Promise.resolve(void pushes.delete(keyOf(push))),
  };
}
