import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { ResponseBody } from "./response-body.ts";

/**
 * Sends one request. Uses undici's handlers instead of its `request`, which makes a stream and two more objects of each response: for a
 * request whose response is a head, they cost as much as the rest of it.
 * @throws undici's errors, and the signal's reason.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpResponse> {
  const { origin, path, method, headers, signal } = request;
  if (signal.aborted) return Promise.reject(signal.reason);
  const body = toBody(request.body);
  const running = new Exchange(signal, body instanceof Readable ? body : undefined);
  // undici would close a connection after HEAD, because some servers send a body. It also checks an idle connection for such bytes before it
  // uses it again, so the connection is kept: every second request for a small image is a HEAD.
  dispatcher.dispatch({ origin, path, method, headers, body, reset: false }, running);
  return running.response;
}

/** A request until its response has ended. A class, because there is one for each request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly response: Promise<HttpResponse>;
  readonly #signal: AbortSignal;
  readonly #sent: Readable | undefined;
  #resolve!: (response: HttpResponse) => void;
  #reject!: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: ResponseBody | undefined;

  constructor(signal: AbortSignal, sent: Readable | undefined) {
    this.#signal = signal;
    this.#sent = sent;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal.addEventListener("abort", this, { once: true });
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.#controller?.abort(this.#signal.reason);
    // undici has not begun to send a request that waits for a connection.
    this.#fail(this.#signal.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason);
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
    this.#signal.removeEventListener("abort", this);
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#signal.removeEventListener("abort", this);
    if (this.#body === undefined) this.#reject(error);
    else this.#body.fail(error);
    this.#sent?.on("error", () => undefined).destroy();
  }
}

function toBody(body: HttpRequest["body"]): string | Uint8Array | Readable | null {
  const isStream = typeof body === "object" && Symbol.asyncIterator in body;
  return isStream ? Readable.from(body, { objectMode: false }) : (body ?? null);
}
