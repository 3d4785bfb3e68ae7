import { Socket } from "node:net";
import type { OnReadOpts } from "node:net";
import { describe, expect, it } from "vitest";
import { createReadBuffers } from "../../../src/registry/sockets/read-buffers.ts";
import { createSocketReader } from "../../../src/registry/sockets/socket-reader.ts";

/** What Node asks of `onread`: memory to read into, then a report of how much was read. */
interface Reading {
  readonly pushed: () => Buffer;
  /** Reads `count` bytes, as Node does: into the memory that was asked for last, and what does not fit into the next. */
  read(count: number): void;
  readonly leastRoom: () => number;
}

function startReading(isTls: boolean): Reading {
  const reader = createSocketReader(createReadBuffers(), isTls);
  const socket = new Socket();
  const chunks: Buffer[] = [];
  socket.push = (chunk: Uint8Array | null) => {
    if (chunk !== null) chunks.push(Buffer.from(chunk));
    return true;
  };
  reader.attach(socket);
  let next = 0;
  let leastRoom = Infinity;
  let memory = memoryOf(reader.onread);
  return {
    pushed: () => Buffer.concat(chunks),
    leastRoom: () => leastRoom,
    read(count) {
      for (let left = count; left > 0;) {
        leastRoom = Math.min(leastRoom, memory.byteLength);
        // Node would ask for ever.
        if (memory.byteLength === 0) return;
        const part = Math.min(left, memory.byteLength);
        for (let at = 0; at < part; at++) memory[at] = (next++ * 31) % 251;
        reader.onread.callback(part, memory);
        memory = memoryOf(reader.onread);
        left -= part;
      }
    },
  };
}

function memoryOf({ buffer }: OnReadOpts): Uint8Array {
  return typeof buffer === "function" ? buffer() : buffer;
}

/** Numbers below `limit`, the same in each run. */
function createNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % limit;
  };
}

describe.each([
  ["TLS", true],
  ["plain HTTP", false],
])("a socket reader over %s", (_name, isTls) => {
  it.each([1, 1_369, 1_400, 4_096, 8_191, 8_192, 16_384])(
    "always has room for the next record, of %i bytes each",
    (size) => {
      const reading = startReading(isTls);
      for (let count = 0; count < 600_000; count += Math.max(size, 64)) reading.read(size);
      expect(reading.leastRoom()).toBeGreaterThan(0);
    },
  );

  it("passes on what it read, in records of any sizes and turns of any lengths", async () => {
    const number = createNumbers(7);
    for (let round = 0; round < 40; round++) {
      const reading = startReading(isTls);
      let total = 0;
      for (let turn = 0; turn < 20; turn++) {
        for (let records = number(40); records >= 0; records--) {
          const size = 1 + number(number(2) === 0 ? 1_500 : 16_384);
          reading.read(size);
          total += size;
        }
        await new Promise<void>((resolve) => void setImmediate(() => setImmediate(resolve)));
      }
      expect(reading.leastRoom()).toBeGreaterThan(0);
      const pushed = reading.pushed();
      expect(pushed.byteLength).toBe(total);
      expect(pushed.findIndex((byte, at) => byte !== (at * 31) % 251)).toBe(-1);
    }
  });
});
