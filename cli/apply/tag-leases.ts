import { systemClock } from "../../src/async/system-clock.ts";
import { COPY_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { Tag } from "../../src/oci/reference.ts";
import { originFields } from "../../src/replication/outcome/copy-report.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import { withHeartbeat } from "../../src/replication/state/lease-heartbeat.ts";
import { claimTag, endDelivery, renewTag, tagKey } from "../../src/replication/state/tag-record.ts";
import type { TagLease } from "../../src/replication/state/tag-record.ts";
import { settleTag } from "../../src/replication/state/tag-settlement.ts";
import type { Operations } from "../../src/wiring/operations/open-operations.ts";
import type { PlannedCopy } from "../../src/inspection/plan/plan-line.ts";

/** What the records of a stack need to know of one line. */
export interface LeasedCopy {
  readonly line: PlannedCopy;
  /** Every tag that it puts, and what that will name; the image's own comes last. */
  readonly tags: readonly { readonly tag: Tag; readonly digest: Digest }[];
  /** Identifies this run of `apply`. */
  readonly run: string;
}

export type Leased<T> =
  | { readonly kind: "done"; readonly result: T }
  /** A copy of the stack works on the tag. */
  | { readonly kind: "busy"; readonly tag: Tag };

const LEASE_MS: number = COPY_LEASE_SECONDS * 1_000;

/**
 * Carries out a line as the stack's own copies do: while it holds the leases of its tags, and with every put announced before. So neither a
 * push nor a comparison works on the same tag, and the stack knows afterwards that the image is its own.
 */
export async function withTagLeases<T extends { readonly bytesUploaded: number }>(
  copy: LeasedCopy,
  { stores }: Pick<Operations, "stores">,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<Leased<T>> {
  const { line, tags, run } = copy;
  const scope = `${line.destination}/${line.to}`;
  const held: { readonly lease: TagLease; readonly digest: Digest }[] = [];
  const owner = `${run} ${scope}:${line.reference}`;
  try {
    for (const { tag, digest } of tags) {
      const key = tagKey(scope, tag);
      const claim = () => ({ key, message: owner, owner, pushedAt: line.pushedAt, leaseMs: LEASE_MS, now: Date.now() });
      const claimed = await stores.tags.update(key, (record) => claimTag(record, claim()), signal);
      if (claimed.kind === "busy") {
        await leave(held, stores);
        return { kind: "busy", tag };
      }
      held.push({ lease: claimed.lease, digest });
    }
    const at = Date.now();
    const renew = async (renewing: AbortSignal): Promise<boolean> => {
      const renewals = held.map(async ({ lease, digest }) => {
        const renewal = { until: Date.now() + LEASE_MS, progress: undefined, finished: 0, put: { digest, at } };
        return (await stores.tags.update(lease.key, (record) => renewTag(record, lease, renewal), renewing)).kind;
      });
      return (await Promise.all(renewals)).every((kind) => kind === "held");
    };
    await renew(signal);
    const result = await withHeartbeat({ leaseMs: LEASE_MS, renew }, systemClock, signal, work);
    await settle(held, copy, stores, signal);
    await writeReceipt(copy, result.bytesUploaded, stores, signal);
    return { kind: "done", result };
  } catch (error) {
    await leave(held, stores);
    throw error;
  }
}

type Stores = Operations["stores"];
type Held = readonly { readonly lease: TagLease; readonly digest: Digest }[];

async function settle(
  held: Held,
  { line: { origin, as } }: LeasedCopy,
  { tags }: Stores,
  signal: AbortSignal,
): Promise<void> {
  for (const { lease, digest } of held) {
    const part = origin !== undefined && lease.key.endsWith(`:${as}`) ? { origin } : {};
    const replicated = { digest, at: Date.now(), ...part };
    const settlement = { kind: "completed", last: { outcome: "replicated" }, replicated } as const;
    const end = () => tags.update(lease.key, (record) => settleTag(record, lease, settlement), signal);
    // Another request arrived meanwhile: it has a message of its own, and looks again.
    if ((await end()).kind === "dirty") await end();
  }
}

/** Best effort: a put without an answer may still take effect, so the leases end by themselves. */
async function leave(held: Held, { tags }: Stores): Promise<void> {
  const ending = AbortSignal.timeout(LEAVE_MS);
  for (const { lease } of held) {
    await tags.update(lease.key, (record) => endDelivery(record, lease), ending).catch(() => undefined);
  }
}

const LEAVE_MS = 5_000;

async function writeReceipt(
  { line, tags, run }: LeasedCopy,
  bytesUploaded: number,
  { receipts }: Stores,
  signal: AbortSignal,
): Promise<void> {
  const { destination, to, repository, reference, pushedAt, rule, origin } = line;
  const own = tags.at(-1);
  if (own === undefined) return;
  const receipt: Receipt = {
    id: run,
    destination,
    repository,
    reference,
    pushedAt,
    rule,
    bytesUploaded,
    endedAt: Date.now(),
    traceparent: traceparentOf(run),
    digest: own.digest,
    outcome: "replicated",
    ...originFields({ origin }),
  };
  await receipts.write({ kind: "tag", key: tagKey(`${destination}/${to}`, own.tag) }, receipt, signal);
}
