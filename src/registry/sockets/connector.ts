import type { Socket } from "node:net";
import { buildConnector } from "undici";
import type { ReadBuffers } from "./read-buffers.ts";
import { createSocketReader } from "./socket-reader.ts";

/** Connects sockets that read into `buffers`, and release the bytes that they have written. */
export function createConnector(options: buildConnector.BuildOptions, buffers: ReadBuffers): buildConnector.connector {
  const sessions = new Map<string, Buffer>();
  return (place, callback) => {
    const host = place.servername ?? place.hostname;
    const reader = createSocketReader(buffers, place.protocol === "https:");
    const session = sessions.get(host);
    const given = {
      ...options,
      ...(session === undefined ? {} : { session }),
      allowH2: false,
      onread: reader.onread,
      // One chunk at a time: several unread ones would be copied into one.
      highWaterMark: 1,
    };
    buildConnector(given)(place, (...result) => {
      if (result[0] === null) {
        const socket = result[1];
        reader.attach(socket);
        releaseWritten(socket, buffers);
        socket.on("session", (ticket: Buffer) => sessions.set(host, ticket));
      }
      callback(...result);
    });
  };
}

type Written = (error?: Error | null) => void;

/** Releases the bytes that a socket has written: nothing reads them after that. */
function releaseWritten(socket: Socket, buffers: ReadBuffers): void {
  const write = socket.write.bind(socket);
  socket.write = (bytes: string | Uint8Array, encoding?: BufferEncoding | Written, done?: Written): boolean => {
    if (typeof encoding === "function") return write(bytes, undefined, encoding);
    if (typeof bytes === "string" || done !== undefined) return write(bytes, encoding, done);
    return write(bytes, encoding, (error) => {
      if (error === undefined || error === null) buffers.release(bytes);
    });
  };
}
