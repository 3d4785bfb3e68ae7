const BLOCK = 512;

/** The header block of a regular file (POSIX.1-1988 ustar). */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, offset: number): number => block.write(text, offset, "ascii");
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A tar archive of one file of `size` bytes, as a stream of pieces: a layer that real tools can unpack. */
export function* tarOf(name: string, size: number, content: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield header(name, size);
  yield* content;
  const padding = (BLOCK - (size % BLOCK)) % BLOCK;
  yield Buffer.alloc(padding + 2 * BLOCK);
}

/** The archive's size in bytes for a file of `size` bytes. */
export function tarSize(size: number): number {
  return BLOCK + Math.ceil(size / BLOCK) * BLOCK + 2 * BLOCK;
}
