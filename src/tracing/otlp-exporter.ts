import { ExportResultCode, parseKeyPairsIntoRecord } from "@opentelemetry/core";
import type { ExportResult } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Clock } from "../async/clock.ts";
import { withTimeLimit } from "../async/time-limit.ts";
import type { Collector } from "./collector.ts";
import { encodeSpans } from "./otlp-json.ts";

/** The collector did not take spans. */
export class SpansLostError extends Error {
  override readonly name = "SpansLostError";
}

/** Longest time of one request, in milliseconds: an invocation waits for it. */
export const EXPORT_LIMIT_MS = 1_000;
/** How long nothing is sent after a failure, in milliseconds. */
export const PAUSE_MS = 60_000;

/** An exporter that rests after a failure, so that a collector that is away delays no more than one invocation a minute. */
export interface OtlpExporter extends SpanExporter {
  isPaused(): boolean;
  /** The first failure since the last call. */
  takeFailure(): Error | undefined;
}

/** Sends spans by OTLP over HTTP (OTLP specification, "OTLP/HTTP"), as JSON. What a collector does not take at once is lost. */
export function createOtlpExporter(
  collector: Collector,
  clock: Clock,
  readHeaders: (signal: AbortSignal) => Promise<string> = () => Promise.resolve(""),
): OtlpExporter {
  /** Those that are read: a failure may mean that they have changed. */
  let headers: Collector["headers"] | undefined;
  let pausedUntil = 0;
  let failure: Error | undefined;
  const isPaused = (): boolean => clock.now() < pausedUntil;

  async function send(spans: readonly ReadableSpan[]): Promise<void> {
    const body = encodeSpans(spans);
    const limit = { ms: EXPORT_LIMIT_MS, error: () => new SpansLostError(`no answer in ${EXPORT_LIMIT_MS / 1_000} s`) };
    await withTimeLimit(clock, limit, async (signal) => {
      headers ??= { ...collector.headers, ...parseKeyPairsIntoRecord((await readHeaders(signal)).trim()) };
      await post({ url: collector.url, headers }, body, signal);
    });
  }

  async function attempt(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    if (isPaused()) return { code: ExportResultCode.FAILED };
    try {
      await send(spans);
      return { code: ExportResultCode.SUCCESS };
    } catch (cause) {
      pausedUntil = clock.now() + PAUSE_MS;
      headers = undefined;
      failure ??= new SpansLostError(`the collector at ${new URL(collector.url).host} took no spans`, { cause });
      return { code: ExportResultCode.FAILED, error: failure };
    }
  }

  return {
    isPaused,
    takeFailure() {
      const taken = failure;
      failure = undefined;
      return taken;
    },
    export: (spans, report) => void attempt(spans).then(report),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** Sends a body once, and again when no answer came: a connection that was idle while the process was frozen is closed. */
async function post(collector: Pick<Collector, "url" | "headers">, body: string, signal: AbortSignal): Promise<void> {
  const request: RequestInit = {
    method: "POST",
    headers: { ...collector.headers, "content-type": "application/json" },
    body,
    redirect: "error",
    signal,
  };
  const response = await fetch(collector.url, request).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof TypeError)) throw error;
    return fetch(collector.url, request);
  });
  await response.body?.cancel();
  if (!response.ok) throw new SpansLostError(`it answered ${response.status}`);
}
