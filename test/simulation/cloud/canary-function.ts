import { createHandler } from "../../../functions/canary/handler.ts";
import { CANARY_TAG } from "../../../src/contract/stack/limits.ts";
import { Metric } from "../../../src/contract/telemetry/metric-names.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import type { CanaryRecord } from "../../../src/replication/canary/canary-record.ts";
import { pushCanary } from "../../../src/replication/canary/push-canary.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import type { Process } from "../world/process.ts";
import { SILENT } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { storeOf } from "./ports.ts";
import type { Table } from "./ports.ts";
import { every, registriesOf, timeoutOf } from "./scheduled-functions.ts";

const MINUTE_MS = 60_000;
const TAG = parseTag(CANARY_TAG);

/** One value of the metric, and when it was emitted: milliseconds since the beginning. */
export interface EmittedAge {
  readonly at: number;
  readonly destination: string;
  readonly seconds: number;
}

/** What the canary function has emitted, and the destinations at which it has found canaries. */
export interface Watched {
  readonly ages: readonly EmittedAge[];
  readonly arrivals: readonly string[];
}

/** Invokes the canary function every minute until `end`. */
export function scheduleCanary(cloud: Cloud, end: number): Watched {
  const { world, configuration, source } = cloud;
  const repository = parseRepositoryName(configuration.stack.canary?.repository ?? "");
  const canaries: Table<CanaryRecord> = new Map();
  const ages: EmittedAge[] = [];
  const arrivals: string[] = [];
  every(cloud, MINUTE_MS, 0, end, async (process) => {
    const registries = registriesOf(cloud, process);
    const handle = createHandler({
      configuration,
      canaries: storeOf(process, canaries, "canary"),
      receipts: (record, signal) => readReceipts(cloud, process, record, signal),
      resolve: (name, to, signal) => createRegistryTarget(registries.destination(name)(to)).resolve(TAG, signal),
      pushedTag: async (signal) =>
        (await createRegistryTarget(registries.source(repository)).resolve(TAG, signal))?.digest,
      push: (image, signal) => pushCanary(createRegistryTarget(registries.source(repository)), image, TAG, signal),
      remove: (digest) => Promise.resolve(void source.repository(repository).manifests.delete(digest)),
      now: () => world.time.now(),
      timeout: timeoutOf(cloud),
      observer: {
        ...SILENT,
        count: (metric, seconds, destination = "") =>
          void (metric === Metric.canaryAge && ages.push({ at: world.time.passed(), destination, seconds })),
      },
    });
    const report = await handle(NEVER);
    if (report.outcome === "watched") arrivals.push(...report.arrived);
  });
  return { ages, arrivals };
}

/** The receipts of a record as one process sees them, the newest push first. */
function readReceipts(
  { receipts }: Cloud,
  process: Process,
  record: string,
  signal: AbortSignal,
): Promise<readonly Receipt[]> {
  const effect = (): Receipt[] =>
    [...receipts]
      .filter(([key]) => key.startsWith(`${record} `))
      .map(([, receipt]) => receipt)
      .toSorted((one, other) => (other.pushedAt ?? 0) - (one.pushedAt ?? 0));
  const failure = (): Error => new StoreError("receipts cannot be read");
  return process.call({ service: "table", what: "reads receipts", effect, failure, signal, isRead: true, weight: 0.1 });
}
