import type { Clock } from "../../async/clock.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { isTrial, MadeRoomError, tooSlow } from "./fitting.ts";
import type { Flight } from "./fitting.ts";
import { createFlights } from "./flights.ts";
import type { Flights } from "./flights.ts";
import { lateness } from "./time-budget.ts";
import type { TimeLeft } from "./time-budget.ts";
import { createTurns } from "./turns.ts";
import type { Turns } from "./turns.ts";

/**
 * The line to a destination as one delivery uses it. A big blob is begun only when it and all that is on its way fit into
 * the time left, as fast as the line has been; what turns out not to fit is stopped early, and begun again when it does.
 */
export interface Line {
  /**
   * Sends a blob when its turn has come. @throws {TooLateError} when that is in a fresh delivery.
   * @throws {TooLargeError} when it had the time of this delivery for itself, and was too slow.
   */
  run<T>(passage: Passage, signal: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** A blob is read from its beginning, also when it is sent again. */
  opened(digest: Digest): void;
  /** Bytes of a blob have gone. */
  moved(digest: Digest, bytes: number): void;
  /** A blob has been sent whole. */
  sent(blob: Descriptor): void;
  /** Big blobs that were on their way at once, at most. */
  widest(): number;
  /** Set once a blob had the time of this delivery for itself, and did not end. */
  ranOver(): Error | undefined;
}

export interface Passage {
  readonly blob: Descriptor;
  /** Begun without a wait: most likely no byte has to be sent. */
  readonly isFree: boolean;
}

export interface LineLimits {
  readonly time: TimeLeft;
  readonly clock: Pick<Clock, "now">;
  /** Big blobs at once, at most; undefined for as many as fit. */
  readonly width: number | undefined;
}

/** Blobs below this size go whenever they come: their requests take longer than their bytes. */
const BIG_BYTES: number = 1024 * 1024;
/** Share of the limit below which the time counts as over. */
const OVER_SHARE = 0.01;

export function createLine(limits: LineLimits): Line {
  const { time, clock } = limits;
  const flights = createFlights(limits);
  const turns = createTurns<Turn>();
  let over: Error | undefined;

  const admit = (failure?: unknown): void => admitTo(flights, turns, ({ blob }) => failure ?? lateness(blob, time));

  async function begun({ blob, isFree }: Passage, signal: AbortSignal): Promise<Flight> {
    if (isFree) return flights.begin(blob);
    const turn: Turn = { blob, flight: undefined };
    const entered = turns.wait(turn, signal);
    admit();
    await entered;
    return turn.flight ?? flights.begin(blob);
  }

  /** What a failure means; undefined when the blob has to wait for its turn again. */
  function meaning(error: unknown, flight: Flight, signal: AbortSignal): unknown {
    const isOver = signal.aborted && time.remainingMs() <= time.limitMs * OVER_SHARE;
    if (isOver && isTrial(flight)) over = tooSlow(flight, time, clock.now());
    const { aborted, reason } = flight.stopped.signal;
    if (signal.aborted || !aborted) return over ?? error;
    return reason instanceof MadeRoomError ? undefined : reason;
  }

  return {
    async run(passage, signal, send) {
      if (passage.blob.size < BIG_BYTES) return send(signal);
      for (;;) {
        const flight = await begun(passage, signal);
        let failure: unknown;
        try {
          return await send(AbortSignal.any([signal, flight.stopped.signal]));
        } catch (error) {
          failure = meaning(error, flight, signal);
          if (failure !== undefined) throw failure;
        } finally {
          flights.end(flight);
          // Who waited for what failed shares its reason: it is not the time that was too short.
          admit(failure);
        }
      }
    },
    opened: (digest) => flights.opened(digest),
    moved(digest, bytes) {
      if (flights.moved(digest, bytes)) admit();
    },
    sent: (blob) => flights.sent(blob),
    widest: () => flights.widest(),
    ranOver: () => over,
  };
}

interface Turn {
  readonly blob: Descriptor;
  /** Begun as soon as it is let in, so that the next one sees it. */
  flight: Flight | undefined;
}

/** Begins what fits, in order. When nothing is on its way and nothing fits, the rest is for a fresh delivery. */
function admitTo(flights: Flights, turns: Turns<Turn>, reasonOf: (turn: Turn) => unknown): void {
  turns.admit((turn) => {
    if (!flights.mayBegin(turn.blob)) return false;
    turn.flight = flights.begin(turn.blob);
    return true;
  });
  if (flights.areNone()) turns.refuse(reasonOf);
}
