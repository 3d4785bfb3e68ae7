/**
 * Memory that sockets read into, used again once its bytes were written to another socket. Left to the garbage collector, it makes the
 * collector run every 16 MB, which costs as much CPU as hashing (docs/decisions/0062).
 */
export interface ReadBuffers {
  take(): ReadBuffer;
  /** Reports that bytes were written and will not be read again. Bytes of other memory are ignored. */
  release(bytes: Uint8Array): void;
}

/** One buffer, filled from its start. */
export interface ReadBuffer {
  /** The part that is not filled. */
  rest(): Buffer;
  /** Takes the first `count` bytes of the rest. */
  fill(count: number): Buffer;
  /** Ends filling: the buffer is used again once all its bytes are released. */
  end(): void;
}

/** Size of a buffer: large enough that the CPU time of a chunk, whatever its size, is small beside that of its bytes. */
export const READ_BUFFER_BYTES: number = 256 * 1024;
/** Buffers that are kept for later: 8 MiB. */
const MAX_KEPT = 32;

export function createReadBuffers(): ReadBuffers {
  const kept: Buffer[] = [];
  /** Buffers that are lost (their bytes were copied, or their connection broke) are left to the garbage collector. */
  const inUse = new WeakMap<ArrayBufferLike, (count: number) => void>();

  function use(memory: Buffer): ReadBuffer {
    let filled = 0;
    let released = 0;
    let isEnded = false;
    const keepIfReleased = (): void => {
      if (!isEnded || released < filled) return;
      inUse.delete(memory.buffer);
      if (kept.length < MAX_KEPT) kept.push(memory);
    };
    inUse.set(memory.buffer, (count) => {
      released += count;
      keepIfReleased();
    });
    return {
      rest: () => memory.subarray(filled),
      fill: (count) => memory.subarray(filled, (filled += count)),
      end() {
        isEnded = true;
        keepIfReleased();
      },
    };
  }

  return {
    take: () => use(kept.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)),
    release: (bytes) => inUse.get(bytes.buffer)?.(bytes.byteLength),
  };
}
