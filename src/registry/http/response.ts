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
  { url, watchdog, redactSecrets }: Pick<RegistryResponse, "url" | "watchdog" | "redactSecrets">,
): RegistryResponse {
  return {
    status: statusCode,
    url,
    body,
    watchdog,
    redactSecrets,
    header(name) {
      const value = headers[name];
      return typeof value === "object" ? value[0] : value;
    },
    headers: (name) => [headers[name] ?? []].flat(),
  };
}

/** Discards a body: reads a short one so that its connection can be used again, destroys a long or slow one. */
export async function discard({ body, watchdog }: RegistryResponse): Promise<void> {
  if (body.take() !== undefined) return;
  const cancel = watchdog.clock.after(watchdog.timeouts.restMs, () => body.destroy());
  await body.dump({ limit: 16_384 }).catch(() => undefined);
  cancel();
}
