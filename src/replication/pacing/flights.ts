import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { isFresh, mayBegin, toStop } from "./fitting.ts";
import type { Flight, Flying } from "./fitting.ts";
import type { LineLimits } from "./line.ts";
import { TELLING_MS } from "./time-budget.ts";
import type { Speed } from "./time-budget.ts";

/** The big blobs of one delivery that are on their way, and what is seen of the line by them. */
export interface Flights {
  mayBegin(blob: Descriptor): boolean;
  begin(blob: Descriptor): Flight;
  end(flight: Flight): void;
  areNone(): boolean;
  /** A blob is read from its beginning, also when it is sent again. */
  opened(digest: Digest): void;
  /** Bytes of a blob have gone. @returns true when that said something of the line. */
  moved(digest: Digest, bytes: number): boolean;
  sent(blob: Descriptor): void;
  /** How many were on their way at once, at most. */
  widest(): number;
}

export function createFlights({ time, clock, width = Infinity }: LineLimits): Flights {
  const flights = new Map<Digest, Flight>();
  const sample = createSample(time.speed, clock);
  let widest = 0;
  let begunBytes = 0;

  const flying = (): Flying => ({ flights: [...flights.values()], time, width, begunBytes });

  function begin(blob: Descriptor): Flight {
    if (flights.size === 0) sample.restart();
    for (const other of flights.values()) other.besideBytes += blob.size;
    const begunAt = clock.now();
    const stopped = new AbortController();
    const flight = { blob, begunAt, sentBytes: 0, isFresh: isFresh(blob, flying()), besideBytes: 0, stopped };
    flights.set(blob.digest, flight);
    begunBytes += blob.size;
    widest = Math.max(widest, flights.size);
    return flight;
  }

  return {
    mayBegin: (blob) => mayBegin(blob, flying()),
    begin,
    end({ blob }) {
      flights.delete(blob.digest);
      if (flights.size === 0) sample.tell();
    },
    areNone: () => flights.size === 0,
    opened(digest) {
      const flight = flights.get(digest);
      if (flight === undefined) return;
      // Sent again: how fast it is shows from here on.
      if (flight.sentBytes > 0) flight.begunAt = clock.now();
      flight.sentBytes = 0;
    },
    moved(digest, bytes) {
      if (flights.size === 0) return false;
      const flight = flights.get(digest);
      if (flight !== undefined) flight.sentBytes += bytes;
      sample.add(bytes);
      if (!sample.isTelling()) return false;
      sample.tell();
      for (const { flight: slow, reason } of toStop(flying(), clock.now())) slow.stopped.abort(reason);
      return true;
    },
    sent({ digest, size }) {
      const flight = flights.get(digest);
      if (flight === undefined) return;
      sample.add(Math.max(size - flight.sentBytes, 0));
      flight.sentBytes = size;
    },
    widest: () => widest,
  };
}

/** What the line carries in a while; time in which nothing big is on its way is no part of it. */
interface Sample {
  restart(): void;
  add(bytes: number): void;
  isTelling(): boolean;
  tell(): void;
}

function createSample(speed: Speed, clock: LineLimits["clock"]): Sample {
  let bytes = 0;
  let since = 0;
  function restart(): void {
    bytes = 0;
    since = clock.now();
  }
  return {
    restart,
    add: (more) => void (bytes += more),
    isTelling: () => clock.now() - since >= TELLING_MS,
    tell() {
      if (bytes > 0) speed.observe(bytes, clock.now() - since);
      restart();
    },
  };
}
