import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";

/**
 * The same observer; `onCrash` hears of every failure that was not foreseen. A build that had one ends as failed: CodeBuild itself counts
 * that, whatever becomes of the metrics in its log.
 */
export function observeCrashes(observer: Observer, onCrash: () => void): Observer {
  return {
    ...observer,
    count(metric, value, destination, reason) {
      if (metric === Metric.crashes) onCrash();
      observer.count(metric, value, destination, reason);
    },
  };
}
