import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { Metric, METRIC_NAMESPACE } from "../contract/metric-names.ts";
import type { MetricName } from "../contract/metric-names.ts";
import type { Observer } from "../contract/observer.ts";

/** Logs as JSON lines and metrics in CloudWatch's embedded format (EMF), with the middleware that adds the invocation's context. */
export function createObserver(serviceName: string) {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ serviceName, namespace: METRIC_NAMESPACE });
  const observer: Observer = {
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
    count(metric, value, destination) {
      // One line of its own per metric: dimensions differ between destinations within one invocation.
      const single = metrics.singleMetric();
      if (destination !== undefined) single.addDimension("destination", destination);
      single.addMetric(metric, unitOf(metric), value);
    },
  };
  return { observer, middlewares: [injectLambdaContext(logger)] };
}

function unitOf(metric: MetricName): (typeof MetricUnit)[keyof typeof MetricUnit] {
  if (metric === Metric.bytesUploaded) return MetricUnit.Bytes;
  if (metric === Metric.replicationLag) return MetricUnit.Milliseconds;
  return MetricUnit.Count;
}
