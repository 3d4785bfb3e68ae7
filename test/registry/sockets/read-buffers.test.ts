import { describe, expect, it } from "vitest";
import { createReadBuffers, READ_BUFFER_BYTES } from "../../../src/registry/sockets/read-buffers.ts";

describe("read buffers", () => {
  it("use the same memory again once all bytes of a full buffer are released", () => {
    const buffers = createReadBuffers();
    const first = buffers.take();
    const bytes = [first.fill(1_000), first.fill(500)];
    first.end();
    for (const each of bytes) buffers.release(each);
    expect(buffers.take().rest().buffer).toBe(bytes[0]?.buffer);
  });

  it("do not use memory again while one of its bytes is not released", () => {
    const buffers = createReadBuffers();
    const first = buffers.take();
    const bytes = first.fill(1_000);
    first.end();
    buffers.release(bytes.subarray(0, 999));
    const second = buffers.take();
    expect(second.rest().buffer).not.toBe(bytes.buffer);
    buffers.release(bytes.subarray(999));
    expect(buffers.take().rest().buffer).toBe(bytes.buffer);
  });

  it("do not use memory again while it is being filled", () => {
    const buffers = createReadBuffers();
    const first = buffers.take();
    const bytes = first.fill(1_000);
    buffers.release(bytes);
    expect(buffers.take().rest().buffer).not.toBe(bytes.buffer);
    expect(first.rest().byteLength).toBe(READ_BUFFER_BYTES - 1_000);
  });

  it("use memory from its start again, whatever was filled before", () => {
    const buffers = createReadBuffers();
    const first = buffers.take();
    const bytes = first.fill(READ_BUFFER_BYTES);
    first.end();
    buffers.release(bytes);
    expect(buffers.take().rest().byteLength).toBe(READ_BUFFER_BYTES);
  });

  it("ignore bytes of other memory", () => {
    const buffers = createReadBuffers();
    buffers.release(Buffer.alloc(10));
    expect(buffers.take().rest().byteLength).toBe(READ_BUFFER_BYTES);
  });
});
