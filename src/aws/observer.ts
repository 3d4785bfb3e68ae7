import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { METRIC_NAMESPACE } from "../contract/telemetry/metric-names.ts";
import { unitOf } from "../contract/telemetry/metric-units.ts";
import type { Observer } from "../contract/telemetry/observer.ts";

/** The logger of a function, whose keys the chain sets. */
export type FunctionLogger = Pick<Logger, "addContext" | "appendKeys" | "resetKeys" | "debug" | "info">;

/** Logs JSON lines and emits metrics in CloudWatch's embedded metric format (EMF). */
export function createLogging(
  serviceName: string,
  stack: string,
): { readonly observer: Observer; readonly logger: FunctionLogger } {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace: METRIC_NAMESPACE });
  const observer: Observer = {
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
    count(metric, value, destination, reason) {
      // One line per metric: dimensions differ between destinations within one invocation.
      const single = metrics.singleMetric();
      single.addDimension("stack", stack);
      if (destination !== undefined) single.addDimension("destination", destination);
      if (reason !== undefined) single.addDimension("reason", reason);
      single.addMetric(metric, unitOf(metric), value);
    },
  };
  return { observer, logger };
}
