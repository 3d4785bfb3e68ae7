import type { Clock } from "../async/clock.ts";
import { createSingleFlight } from "../async/single-flight.ts";
import { withTimeLimit } from "../async/time-limit.ts";
import { Metric } from "../contract/telemetry/metric-names.ts";
import { describeError } from "../contract/telemetry/observer.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import type { DeployedConfiguration } from "./candidate.ts";
import type { ConfigurationFeed } from "./configuration-feed.ts";
import type { DocumentSource, LastGoodDocument } from "./external-document.ts";
import { holdConfiguration } from "./held-configuration.ts";
import { createSharing } from "./share-last-good.ts";

export interface PolledFeedOptions {
  readonly deployed: DeployedConfiguration;
  readonly source: DocumentSource;
  /** Shared by the processes of a stack; without it, a process that never had a good document uses the deployed configuration. */
  readonly lastGood?: LastGoodDocument | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Time limit of a poll, in milliseconds: an invocation waits for it. */
const POLL_MS = 2_000;
/** Wait after a poll that failed, in milliseconds: while the source is unavailable, few invocations wait for it in vain. */
const FAILED_MS = 15_000;

/**
 * A feed that polls an external document when an invocation asks and the last answer is too old. A document that is not valid, or that
 * changes what the stack is made of, is refused: the last good configuration stays, also while the source does not answer. A process that
 * has had no good document uses the last one that another process accepted: the deployed configuration alone may lack a gate.
 */
export function createPolledFeed(options: PolledFeedOptions): ConfigurationFeed {
  const { source, lastGood, clock, observer } = options;
  const held = holdConfiguration(options.deployed, observer);
  const share = lastGood && createSharing(lastGood, held);
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
    await withTimeLimit(clock, { ms: POLL_MS }, async (limited) => share?.(limited), signal).catch((error: unknown) => {
      observer.warn("The last good configuration could not be read or stored; the next poll tries again", {
        configuration: held.configuration().version,
        error: describeError(error),
      });
    });
  }

  return {
    async current(signal) {
      // Never throws: an invocation whose time is over decides nothing any more.
      if (clock.now() >= dueAt) await polling.run("poll", poll, signal).catch(() => undefined);
      return held.configuration();
    },
  };
}
