const BLOCK = 512;
/**
 * The first size that does not fit into eleven octal digits: from here on sizes are binary, as in GNU tar and later POSIX
 * tools.
 */
const OCTAL_SIZES = 8 ** 11;

/** A regular file of an archive. */
export interface TarFile {
  /** Path within the archive, at most 100 ASCII characters. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly content: Iterable<Uint8Array>;
}

/** The header block of a regular file (POSIX.1-1988 ustar). Owner root, time 0: the same input gives the same bytes. */
function header(name: string, size: number): Buffer {
  if (name.length > 100) throw new RangeError(`a file's name in an archive has at most 100 characters: ${name}`);
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, offset: number): number => block.write(text, offset, "ascii");
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  if (size < OCTAL_SIZES) put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  else writeBinarySize(block, size);
  put("00000000000\0", 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function writeBinarySize(block: Buffer, size: number): void {
  block.writeUInt8(0x80, 124);
  block.writeBigUInt64BE(BigInt(size), 128);
}

/** A tar archive of one file of `size` bytes, as a stream of pieces: a layer that real tools can unpack. */
export function tarOf(name: string, size: number, content: Iterable<Uint8Array>): Generator<Uint8Array> {
  return tarOfFiles([{ name, size, content }]);
}

/** A tar archive of files, in their order. Ends with two empty blocks, as the format demands. */
export function* tarOfFiles(files: Iterable<TarFile>): Generator<Uint8Array> {
  for (const { name, size, content } of files) {
    yield header(name, size);
    yield* content;
    yield Buffer.alloc(paddingOf(size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The archive's size in bytes for one file of `size` bytes. */
export function tarSize(size: number): number {
  return BLOCK + size + paddingOf(size) + 2 * BLOCK;
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
