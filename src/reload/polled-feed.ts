import type { Clock } from "../async/clock.ts";
import { createSingleFlight } from "../async/single-flight.ts";
import { withTimeLimit } from "../async/time-limit.ts";
import { ConfigurationError } from "../contract/configuration/configuration.ts";
import { differingFields } from "../contract/layers/differing-fields.ts";
import { Metric } from "../contract/telemetry/metric-names.ts";
import { describeError } from "../contract/telemetry/observer.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import { loadCandidate } from "./candidate.ts";
import type { DeployedConfiguration } from "./candidate.ts";
import type { ConfigurationFeed } from "./configuration-feed.ts";
import type { DocumentSource, ExternalDocument } from "./external-document.ts";
import type { LayeredConfiguration } from "./layered.ts";

export interface PolledFeedOptions {
  readonly deployed: DeployedConfiguration;
  readonly source: DocumentSource;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Time limit of a poll, in milliseconds: an invocation waits for it. */
const POLL_MS = 2_000;
/** Wait after a poll that failed, in milliseconds: while the source is unavailable, few invocations wait for it in vain. */
const FAILED_MS = 15_000;

/**
 * A feed that polls an external document when an invocation asks and the last answer is too old. A document that is not valid, or that
 * changes what the stack is made of, is refused: the last good configuration stays, at first the deployed one. So it does while the source
 * does not answer.
 */
export function createPolledFeed(options: PolledFeedOptions): ConfigurationFeed {
  const { source, clock, observer } = options;
  const held = holdLastGood(options);
  let dueAt = clock.now();
  const polling = createSingleFlight<void>();

  async function poll(signal: AbortSignal): Promise<void> {
    try {
      const { document, nextMs } = await withTimeLimit(
        clock,
        { ms: POLL_MS },
        (limited) => source.poll(limited),
        signal,
      );
      if (document !== undefined) await held.consider(document);
      dueAt = clock.now() + nextMs;
    } catch (error) {
      dueAt = clock.now() + FAILED_MS;
      observer.warn("Configuration could not be polled; the last good one stays", {
        configuration: held.configuration().version,
        error: describeError(error),
      });
      observer.count(Metric.configurationUnavailable, 1);
    }
    // At every poll: the alarm lasts as long as the refused document is deployed.
    if (held.isRefusing()) observer.count(Metric.configurationRefused, 1);
  }

  return {
    async current(signal) {
      // Never throws: an invocation whose time is over decides nothing any more.
      if (clock.now() >= dueAt) await polling.run("poll", poll, signal).catch(() => undefined);
      return held.configuration();
    },
  };
}

/** Holds the last good configuration, and replaces it by that of a good document: as a whole, between two invocations. */
function holdLastGood({ deployed, observer }: PolledFeedOptions) {
  let inForce: LayeredConfiguration = deployed;
  let seen: string | undefined;
  let isRefusing = false;

  function replace(candidate: LayeredConfiguration, label: string | undefined): void {
    isRefusing = false;
    const { version } = candidate.configuration;
    if (version === inForce.configuration.version) return;
    const changed = differingFields(inForce.document, candidate.document);
    inForce = candidate;
    observer.info("Configuration reloaded", { configuration: version, label, changed: changed.join(", ") });
  }

  function refuse(error: unknown, label: string | undefined): void {
    isRefusing = true;
    const reason = error instanceof ConfigurationError ? new Error(error.problems.join("; ")) : error;
    observer.error("Configuration refused; the last good one stays", {
      configuration: inForce.configuration.version,
      label,
      problems: describeError(reason),
    });
  }

  return {
    configuration: () => inForce.configuration,
    isRefusing: () => isRefusing,
    async consider({ text, label }: ExternalDocument): Promise<void> {
      // A new session returns the document again.
      if (text === seen) return;
      try {
        replace(await loadCandidate(text, deployed), label);
      } catch (error) {
        // Whatever is wrong with it: the source does not return it again.
        refuse(error, label);
      }
      seen = text;
    },
  };
}
