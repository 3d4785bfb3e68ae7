import type { RedactSecrets } from "../redaction/secret-redactor.ts";
import type { HttpBody, HttpResponse } from "./http-message.ts";
import type { WatchdogOptions } from "./stall-watchdog.ts";

/** A response whose body has to be read, discarded or destroyed by its owner: exactly one of the three. */
export interface RegistryResponse {
  readonly status: number;
  /** Where the response came from after redirects; a relative Location is relative to this. */
  readonly url: URL;
  readonly body: HttpBody;
  /** Limits of reading the body. */
  readonly watchdog: WatchdogOptions;
  /** Removes the secrets that were sent: servers quote them. */
  readonly redactSecrets: RedactSecrets;
  /** The first value of a header. */
  header(name: string): string | undefined;
  /** All values of a header, one for each of its lines. */
  headers(name: string): readonly string[];
}

export function toRegistryResponse(
  { statusCode, headers, body }: HttpResponse,
  context: Pick<RegistryResponse, "url" | "watchdog" | "redactSecrets">,
): RegistryResponse {
  const valuesOf = (name: string): readonly string[] => [headers[name] ?? []].flat();
  return { ...context, status: statusCode, body, header: (name) => valuesOf(name)[0], headers: valuesOf };
}

/** Discards a body: reads a short one so that its connection can be used again, destroys a long or slow one. */
export async function discard({ body, watchdog }: RegistryResponse): Promise<void> {
  const expired = Promise.withResolvers<void>();
  const cancel = watchdog.clock.after(watchdog.timeouts.restMs, () => {
    destroyBody(body);
    expired.resolve();
  });
  await Promise.race([body.dump({ limit: 16_384 }).catch(() => undefined), expired.promise]);
  cancel();
}

/** Destroys a body and its connection. The error that the body emits then would be uncaught. */
export function destroyBody(body: HttpBody): void {
  body.on("error", () => undefined);
  body.destroy();
}
