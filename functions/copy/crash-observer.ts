import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";

/**
 * An observer that also calls `onCrash` for every unexpected failure. The build then ends as failed, which CodeBuild counts even if the
 * metrics in its log are lost.
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
