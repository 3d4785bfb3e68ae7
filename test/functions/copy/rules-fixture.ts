import { createRepositoryPauses } from "../../../src/replication/holds/paused-repositories.ts";
import type { PausedRepositories } from "../../../src/replication/holds/paused-repositories.ts";
import { createHandler } from "../../../functions/copy/handler.ts";
import type { Copies, CopyQueues, Runtime } from "../../../functions/copy/copy-dependencies.ts";
import type { Configuration } from "../../../src/contract/configuration/configuration.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import type { Delivery } from "../../../src/contract/stack/delivery.ts";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { isTag, parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import type { ScanResult } from "../../../src/replication/gate/gate.ts";
import { createSignatureVerifier } from "../../../src/signatures/signature-verifier.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { overridesOf } from "../../../src/replication/rules/repository-overrides.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { acceptPush } from "../../fixtures/pending-map.ts";
import type { Announcement } from "../../../src/replication/pending/announcement.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import { createMemoryPending } from "../../fakes/memory-pending.ts";
import { createMemoryReceipts } from "../../fakes/memory-receipts.ts";
import { configurationOf } from "../../fixtures/configuration.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { replicateFixture } from "../../fixtures/replicate-context.ts";
import { createObserved } from "../observer.ts";

export const MINUTE = 60_000;
type Rule = Omit<ConfigurationDocument["rules"][number], "destinations">;

/** {@link setUpConfiguration} of rules for one destination. */
export function setUpRules(...rules: readonly Rule[]) {
  return setUpConfiguration(configurationOf(...rules.map((rule) => ({ ...rule, destinations: ["gar"] }))));
}

/** A handler under a configuration, and a source whose API knows when its images were pushed. */
export function setUpConfiguration(configuration: Configuration) {
  const time = { now: 100 * MINUTE };
  const fixture = replicateFixture({ clock: { ...systemClock, now: () => time.now } });
  const observer = createObserved();
  const receipts = new Map<string, Receipt>();
  const pending = new Map<string, PendingPush>();
  const announced: Announcement[] = [];
  const deferred: number[] = [];
  const buried: string[] = [];
  const opened: string[] = [];
  const asked: string[] = [];
  const pushedAt = new Map<Digest, number>();
  const scans = new Map<Digest, ScanResult>();
  /** The tags of every repository, or why they cannot be read. */
  const repositoryTags = { tags: new Map<string, string>(), problem: undefined as Error | undefined };
  const breaker = createCircuitBreaker({
    store: createMemoryRecordStore(),
    key: "gar",
    policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
    now: () => time.now,
    random: () => 0.5,
  });
  const pausedRepositories = createMemoryRecordStore<PausedRepositories>();
  const parts: Copies & CopyQueues & Runtime = {
    now: () => time.now,
    random: () => 0.5,
    memoryMegabytes: 1_769,
    timeout: (ms) => AbortSignal.timeout(ms),
    circuit: () => breaker,
    pauses: createRepositoryPauses(pausedRepositories, () => time.now),
    receipts: createMemoryReceipts(receipts),
    pending: createMemoryPending(pending),
    images: createMemoryRecordStore(),
    preCopyBudgets: createMemoryRecordStore(),
    gatePorts: {
      verifier: createSignatureVerifier(),
      readScan: (_repository, digest) =>
        Promise.resolve(scans.get(digest) ?? { kind: "missing", detail: "ScanNotFoundException" }),
    },
    serves: () => true,
    priority: () => "live",
    open({ to }) {
      opened.push(to);
      return fixture;
    },
    defer: (_delivery, afterMs) => Promise.resolve(void deferred.push(afterMs)),
    announce: (announcement) => Promise.resolve(void announced.push(announcement)),
    sendToDeadLetters: (_delivery, { reason }) => Promise.resolve(void buried.push(reason)),
    factSource: {
      manifest(_repository, reference, signal) {
        asked.push(`manifest ${reference}`);
        return fixture.source.readManifest(reference, signal);
      },
      image(_repository, reference) {
        asked.push(`image ${reference}`);
        const digest = isDigest(reference) ? reference : fixture.source.tags.get(reference);
        return Promise.resolve(digest && { digest, pushedAt: pushedAt.get(digest) ?? 0 });
      },
      overrides: () => {
        const { tags, problem } = repositoryTags;
        return problem === undefined ? Promise.resolve(overridesOf(tags)) : Promise.reject(problem);
      },
      async *tags() {
        asked.push("tags");
        for (const [tag, digest] of fixture.source.tags) {
          if (isTag(tag)) yield await Promise.resolve({ tag, digest, pushedAt: pushedAt.get(digest) ?? 0 });
        }
      },
    },
  };
  const handle = createHandler({ configuration, observer, copies: parts, queue: parts, runtime: parts });
  let messages = 0;
  return {
    time,
    fixture,
    pausedRepositories,
    receipts,
    announced,
    /** Accepted pushes that have not ended; a request is an accepted push once `accept` was called. */
    pending,
    accept: (id: string, reference: string, about: Partial<PendingPush> = {}): void => {
      const repository = parseRepositoryName("team/app");
      const push = { id, destination: "gar", repository, reference: parseTag(reference), pushedAt: time.now };
      acceptPush(pending, { ...push, acceptedAt: time.now, ...about });
    },
    scans,
    deferred,
    buried,
    opened,
    asked,
    observer,
    parts,
    repositoryTags,
    /** Pushes an image with its own layer. */
    push: (tag: string, ageMinutes = 0): Digest => {
      const digest = addImage(fixture.source, [`${tag} ${pushedAt.size}`], tag);
      pushedAt.set(digest, time.now - ageMinutes * MINUTE);
      return digest;
    },
    /** Delivers a request for a tag, and says how it ended. */
    request: async (
      reference: string,
      { repository = "team/app", pushedAt = time.now, message = `m${messages++}` } = {},
    ) => {
      const request = { version: 1, id: message, destination: "gar", repository, reference, pushedAt };
      const delivery: Delivery = {
        messageId: message,
        body: JSON.stringify(request),
        receiptHandle: "r",
        queueArn: "q",
        receiveCount: 1,
      };
      await handle(delivery, 60_000);
      const { outcome, reason, rule, lagMs } = observer.lines.at(-1)?.fields ?? {};
      return { outcome, reason, rule, lagMs };
    },
  };
}
