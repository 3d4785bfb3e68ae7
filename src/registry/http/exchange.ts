import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Exchange, HttpRequest, HttpResponse } from "./http-message.ts";
import { ResponseBody } from "./response-body.ts";

/**
 * Sends one request. Uses undici's handlers instead of its `request`, which makes a stream and two more objects of each response: for a
 * request whose response is a head, they cost as much as the rest of it.
 * @param onEnd called when the response has ended, well or not.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest, onEnd: () => void): Exchange {
  const { origin, path, method, headers, signal } = request;
  const body = toBody(request.body);
  const running = new RunningExchange(signal, body instanceof Readable ? body : undefined, onEnd);
  if (signal.aborted) running.handleEvent();
  // undici would close a connection after HEAD, because some servers send a body. It also checks an idle connection for such bytes before it
  // uses it again, so the connection is kept: every second request for a small image is a HEAD.
  else dispatcher.dispatch({ origin, path, method, headers, body, reset: false }, running);
  return running;
}

/** A class, because there is one for each request. */
class RunningExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly response: Promise<HttpResponse>;
  readonly #signal: AbortSignal;
  readonly #sent: Readable | undefined;
  readonly #onEnd: () => void;
  #resolve!: (response: HttpResponse) => void;
  #reject!: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: ResponseBody | undefined;
  #end: "open" | "whole" | { readonly error: unknown } = "open";

  constructor(signal: AbortSignal, sent: Readable | undefined, onEnd: () => void) {
    this.#signal = signal;
    this.#sent = sent;
    this.#onEnd = onEnd;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal.addEventListener("abort", this, { once: true });
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.#abort(this.#signal.reason);
  }

  abort(reason: Error): void {
    this.#abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was aborted while it waited for a connection.
    if (typeof this.#end === "object") controller.abort(new Error("aborted", { cause: this.#end.error }));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: HttpResponse["headers"],
  ): void {
    // Informational responses precede the final one (RFC 9110, 15.2).
    if (statusCode < 200) return;
    this.#body = new ResponseBody(controller);
    this.#resolve({ statusCode, headers, body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#ends("whole")) return;
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#fail(error);
  }

  #abort(reason: unknown): void {
    this.#fail(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted", { cause: reason }));
  }

  #fail(error: unknown): void {
    if (!this.#ends({ error })) return;
    if (this.#body === undefined) this.#reject(error);
    else this.#body.fail(error);
    this.#sent?.on("error", () => undefined).destroy();
  }

  #ends(end: "whole" | { readonly error: unknown }): boolean {
    if (this.#end !== "open") return false;
    this.#end = end;
    this.#signal.removeEventListener("abort", this);
    this.#onEnd();
    return true;
  }
}

function toBody(body: HttpRequest["body"]): string | Uint8Array | Readable | null {
  const isStream = typeof body === "object" && Symbol.asyncIterator in body;
  return isStream ? Readable.from(body, { objectMode: false }) : (body ?? null);
}
