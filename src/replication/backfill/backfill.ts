import type { RecordStore } from "../state/record-store.ts";
import { describeBackfill } from "./backfill-policy.ts";
import type { BackfillPolicy } from "./backfill-policy.ts";
import { addLeftOut, beginBackfill, takeImages } from "./backfill-record.ts";
import type { BackfillRecord, LeftOutImages } from "./backfill-record.ts";

/** The backfill of one destination, in one comparison. */
export interface Backfill {
  /** What was pushed from then on is no backfill; epoch milliseconds. */
  readonly since: number;
  /** Decides which of these images are requested. Their bytes count from then on. */
  admit(images: readonly BackfillImage[], signal: AbortSignal): Promise<readonly boolean[]>;
  /** Notes what was left out. */
  note(leftOut: LeftOutImages): void;
}

interface BackfillImage {
  readonly bytes: number;
  readonly pushedAt: number;
}

interface BackfillPorts {
  readonly backfills: RecordStore<BackfillRecord>;
  readonly now: () => number;
}

/** The backfills of one invocation. */
export interface Backfills {
  /** Opens that of a destination. The first comparison of a destination begins it. @param cycle when the comparison began; epoch milliseconds. */
  open(destination: string, cycle: number, signal: AbortSignal): Promise<Backfill>;
  /** Records what was noted, for the status. */
  record(signal: AbortSignal): Promise<void>;
}

export function createBackfills(policy: BackfillPolicy, ports: BackfillPorts): Backfills {
  const opened = new Map<string, Promise<Backfill>>();
  const noted = new Map<string, LeftOutImages>();
  let began = 0;

  async function openNew(destination: string, signal: AbortSignal): Promise<Backfill> {
    const { backfills, now } = ports;
    const since = await backfills.update(destination, (record) => beginBackfill(record, now()), signal);
    noted.set(destination, { images: 0, bytes: 0 });
    return {
      since,
      admit: (images, working) => admit(destination, images, working),
      note({ images, bytes }) {
        const sum = noted.get(destination) ?? { images: 0, bytes: 0 };
        noted.set(destination, { images: sum.images + images, bytes: sum.bytes + bytes });
      },
    };
  }

  async function admit(
    destination: string,
    images: readonly BackfillImage[],
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const limit = limitOf(policy);
    if (limit === undefined) return images.map(({ pushedAt }) => policy.kind === "since" && pushedAt >= policy.since);
    const taken = { sizes: images.map(({ bytes }) => bytes), limit, now: ports.now() };
    return ports.backfills.update(destination, (record) => takeImages(record, taken), signal);
  }

  return {
    async open(destination, cycle, signal) {
      began = cycle;
      const backfill = opened.get(destination) ?? openNew(destination, signal);
      opened.set(destination, backfill);
      try {
        return await backfill;
      } catch (error) {
        opened.delete(destination);
        throw error;
      }
    },
    async record(signal) {
      const [cycle, why] = [began, describeBackfill(policy)];
      for (const [destination, leftOut] of noted) {
        await ports.backfills.update(destination, (record) => addLeftOut(record, { cycle, why, ...leftOut }), signal);
      }
    },
  };
}

/** The bytes that may be requested; undefined where they do not decide. */
function limitOf(policy: BackfillPolicy): number | undefined {
  if (policy.kind === "everything") return Number.POSITIVE_INFINITY;
  return policy.kind === "up-to" ? policy.bytes : undefined;
}
