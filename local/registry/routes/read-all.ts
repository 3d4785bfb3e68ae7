/** Reads a stream to its end, or just past `limit` bytes: callers check the length. */
export async function readAll(stream: AsyncIterable<unknown>, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("a body gives bytes");
    chunks.push(Buffer.from(chunk));
    length += chunk.byteLength;
    if (length > limit) break;
  }
  return Buffer.concat(chunks);
}
