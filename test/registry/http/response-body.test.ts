import { describe, expect, it } from "vitest";
import { ResponseBody } from "../../../src/registry/http/response-body.ts";

/** A body, and what it did to its connection. */
function bodyOnLine() {
  const done: string[] = [];
  const line = {
    aborted: false,
    paused: false,
    reason: null,
    pause(): void {
      line.paused = true;
      done.push("pause");
    },
    resume(): void {
      line.paused = false;
      done.push("resume");
    },
    abort: (reason: Error) => void done.push(`abort: ${reason.message}`),
  };
  const body = new ResponseBody(line);
  return { body, done };
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

describe("the body of a response", () => {
  it("is taken at once when all of it has arrived", () => {
    const { body } = bodyOnLine();
    body.push(Buffer.from("he"));
    expect(body.take()).toBeUndefined();
    body.push(Buffer.from("llo"));
    body.end();
    expect(text(body.take())).toBe("hello");
  });

  it("is copied when it is taken: its chunks are memory that connections use again", () => {
    const { body } = bodyOnLine();
    const chunk = Buffer.from("hello");
    body.push(chunk);
    body.end();
    const taken = body.take();
    chunk.fill("x");
    expect(text(taken)).toBe("hello");
  });

  it("is not taken a second time, nor when a part of it was read, nor when it broke off", async () => {
    const [taken, read, broken] = [bodyOnLine().body, bodyOnLine().body, bodyOnLine().body];
    for (const body of [taken, read, broken]) body.push(Buffer.from("hello"));
    for (const body of [taken, read]) body.end();
    broken.fail(new Error("other side closed"));
    taken.take();
    await read.next();
    expect([taken.take(), read.take(), broken.take()]).toEqual([undefined, undefined, undefined]);
  });

  it("gives each chunk to a reader that waits for it, and then the end", async () => {
    const { body, done } = bodyOnLine();
    const chunks = Array.fromAsync(body, text);
    for (const chunk of ["one", "two"]) {
      await Promise.resolve();
      body.push(Buffer.from(chunk));
    }
    body.end();
    expect(await chunks).toEqual(["one", "two"]);
    expect(done).toEqual([]);
  });

  it("pauses its connection while 64 KiB wait for the reader", async () => {
    const { body, done } = bodyOnLine();
    for (let count = 0; count < 3; count++) body.push(Buffer.alloc(32 * 1024));
    expect(done).toEqual(["pause", "pause"]);
    await body.next();
    expect(done).toEqual(["pause", "pause"]);
    await body.next();
    expect(done).toEqual(["pause", "pause", "resume"]);
  });

  it("gives the bytes that arrived before it broke off, and then the failure, also to a reader that waits", async () => {
    const failure = new Error("other side closed");
    const { body } = bodyOnLine();
    body.push(Buffer.from("half"));
    body.fail(failure);
    expect(text((await body.next()).value)).toBe("half");
    await expect(body.next()).rejects.toBe(failure);
    const awaited = bodyOnLine().body;
    const next = awaited.next();
    awaited.fail(failure);
    await expect(next).rejects.toBe(failure);
  });

  it("closes its connection when it is destroyed, and its reader gets the reason", async () => {
    const { body, done } = bodyOnLine();
    const next = body.next();
    body.destroy(new Error("no byte for 10 s"));
    await expect(next).rejects.toThrow("no byte for 10 s");
    body.destroy(new Error("again"));
    expect(done).toEqual(["abort: no byte for 10 s"]);
  });

  it("closes its connection when its reader leaves early or its rest is too long, but not once it has ended", async () => {
    const [left, long, over] = [bodyOnLine(), bodyOnLine(), bodyOnLine()];
    for (const { body } of [left, long, over]) body.push(Buffer.from("hello"));
    for await (const _ of left.body) break;
    await long.body.dump({ limit: 4 });
    over.body.end();
    over.body.destroy();
    expect([left.done.length, long.done.length, over.done.length]).toEqual([1, 1, 0]);
  });
});
