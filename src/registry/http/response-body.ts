import type { Dispatcher } from "undici";
import type { HttpBody } from "./http-message.ts";

/** Bytes that may wait for the reader before the connection is paused. */
const MAX_WAITING_BYTES = 64 * 1024;

type Next = IteratorResult<Uint8Array, undefined>;
const DONE: Next = { done: true, value: undefined };

/** The body of a response, which its exchange fills. A class, because there is one for each response. */
export class ResponseBody implements HttpBody, AsyncIterator<Uint8Array, undefined> {
  readonly #controller: Dispatcher.DispatchController;
  #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #isRead = false;
  #end: "open" | "whole" | { readonly error: unknown } = "open";
  #reader: { readonly resolve: (next: Next) => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller;
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== "open") return;
    if (this.#reader !== undefined) {
      this.#reader.resolve({ done: false, value: chunk });
      this.#reader = undefined;
      return;
    }
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#controller.pause();
  }

  end(): void {
    if (this.#end !== "open") return;
    this.#end = "whole";
    this.#reader?.resolve(DONE);
    this.#reader = undefined;
  }

  fail(error: unknown): void {
    if (this.#end !== "open") return;
    this.#end = { error };
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  take(): Uint8Array | undefined {
    if (this.#end !== "whole" || this.#isRead) return undefined;
    // Copied, because sockets read into memory that is used again (`ReadBuffers`), and taken bytes may be sent several times.
    return Buffer.concat(this.#takeAll());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Next> {
    this.#isRead = true;
    const value = this.#chunks.shift();
    if (value !== undefined) {
      this.#waitingBytes -= value.byteLength;
      if (this.#controller.paused && this.#waitingBytes < MAX_WAITING_BYTES) this.#controller.resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end === "whole") return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      if (this.#end === "open") this.#reader = { resolve, reject };
      else reject(this.#end === "whole" ? undefined : this.#end.error);
    });
  }

  return(): Promise<Next> {
    this.destroy();
    return Promise.resolve(DONE);
  }

  async dump({ limit } = { limit: Infinity }): Promise<void> {
    let bytes = 0;
    for await (const chunk of this) {
      bytes += chunk.byteLength;
      if (bytes > limit) return;
    }
  }

  destroy(error?: Error): void {
    this.#takeAll();
    if (this.#end !== "open") return;
    const reason = error ?? new Error("the body is not needed");
    this.fail(reason);
    this.#controller.abort(reason);
  }

  #takeAll(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#waitingBytes = 0;
    this.#isRead = true;
    return chunks;
  }
}
