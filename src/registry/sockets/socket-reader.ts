import type { OnReadOpts, Socket } from "node:net";
import { atEndOfTurn } from "../../async/end-of-turn.ts";
import type { ReadBuffer, ReadBuffers } from "./read-buffers.ts";

/** Reads one socket into buffers that are used again. */
export interface SocketReader {
  /** Option of `net.connect` and `tls.connect`. */
  readonly onread: OnReadOpts;
  /** Names the socket. Called once, before anything is read. */
  attach(socket: Socket): void;
}

/** Size of the buffer of a socket that receives little: heads of responses, and small bodies. */
const SMALL_BYTES = 16 * 1024;
/** Node reads and decrypts at most as much at once. A large buffer with less room is full. */
const BATCH_BYTES = 64 * 1024;

/**
 * @param isTls TLS decrypts one record after another, of 16 KiB at most (RFC 8446, 5.1). Records that arrive together are passed on
 * as one chunk, because each chunk costs more CPU than its decryption.
 */
export function createSocketReader(buffers: ReadBuffers, isTls: boolean): SocketReader {
  let socket: Socket | undefined;
  let small = Buffer.allocUnsafeSlow(SMALL_BYTES);
  /** Instead of the small one, while much is received. */
  let large: ReadBuffer | undefined;
  /** Bytes that were read and not passed on. */
  let pending = 0;
  let cancelPassing: (() => void) | undefined;

  const room = (): Buffer => (large?.rest() ?? small).subarray(pending);
  const isFull = (): boolean => room().byteLength < (large === undefined ? SMALL_BYTES / 4 : BATCH_BYTES);

  /** @returns false when the socket has unread bytes: then it reads no more. */
  function passOn(): boolean {
    cancelPassing?.();
    cancelPassing = undefined;
    if (pending === 0 || socket === undefined) return true;
    const bytes = large?.fill(pending) ?? small.subarray(0, pending);
    if (large === undefined) small = small.subarray(pending);
    pending = 0;
    return socket.push(bytes);
  }

  /**
   * Continues in another buffer, which is large after much was received, at once or in many small records. It always has room: given an empty
   * buffer, Node's TLS asks for another one for ever. Only `callback` may: then Node asks where to read next.
   */
  function replaceBuffer(received: number): void {
    const moved = (large?.rest() ?? small).subarray(0, pending);
    large?.end();
    large = Math.max(received, pending) >= SMALL_BYTES / 2 ? buffers.take() : undefined;
    if (large === undefined) small = Buffer.allocUnsafeSlow(SMALL_BYTES);
    (large?.rest() ?? small).set(moved);
  }

  return {
    onread: {
      buffer: room,
      callback(count) {
        pending += count;
        const waits = isTls && (pending <= SMALL_BYTES || room().byteLength > 0);
        const isRead = waits || passOn();
        if (isFull() && pending <= SMALL_BYTES) replaceBuffer(count);
        if (!waits) return isRead;
        cancelPassing ??= atEndOfTurn(() => void (passOn() || socket?.pause()));
        return !isFull();
      },
    },
    attach(own) {
      socket = own;
      const push = own.push.bind(own);
      own.push = (chunk, encoding) => {
        // The end of the stream may arrive together with its last bytes.
        if (chunk === null) passOn();
        return push(chunk, encoding);
      };
    },
  };
}
