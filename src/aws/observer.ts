import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { Metric, METRIC_NAMESPACE } from "../contract/telemetry/metric-names.ts";
import { METRICS } from "../contract/telemetry/metrics.ts";
import { describeError } from "../contract/telemetry/observer.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import { RegistryError } from "../oci/errors/registry-error.ts";
import { NotificationError } from "../replication/state/notification-record.ts";
import { StoreError } from "../replication/state/record-store.ts";
import { QueueError } from "./sqs/copy-request-sender.ts";

/** A dependency is unavailable or throttles: the table, a queue, a registry's API or the webhook. */
function isOutage(error: Error | null): boolean {
  if (error instanceof RegistryError) return error.category !== "permanent";
  return error instanceof StoreError || error instanceof QueueError || error instanceof NotificationError;
}

/** Logs JSON lines and emits metrics in CloudWatch's embedded metric format (EMF). The middlewares add the invocation's context to log lines and log crashes. */
export function createObserver(serviceName: string, stack: string) {
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
      single.addMetric(metric, METRICS[metric].unit, value);
    },
  };
  /** Logs an error, which Lambda then handles; counts it as a crash unless it is an outage. */
  const crashes = {
    onError({ error }: { readonly error: Error | null }): void {
      if (isOutage(error))
        return observer.warn("Function ended early; it is called again", { error: describeError(error) });
      observer.error("Function crashed", { error: describeError(error) });
      observer.count(Metric.crashes, 1);
    },
  };
  return { observer, middlewares: [injectLambdaContext(logger), crashes] };
}
