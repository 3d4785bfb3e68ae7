import { RegistryError } from "../../oci/errors/registry-error.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import { QueueError } from "../sqs/copy-request-sender.ts";

/**
 * How an invocation ended. `unavailable`: a dependency is away or throttles, such as the table, a queue or a registry's API.
 * `refused`: what the invocation was to check is wrong, as its handler has said.
 */
export type InvocationEnd = "succeeded" | "unavailable" | "refused" | "crashed";

/** @param isRefusal whether an error is the handler's answer. */
export function endOf(
  error: Error | null | undefined,
  isRefusal: (error: Error) => boolean = () => false,
): InvocationEnd {
  if (error === null || error === undefined) return "succeeded";
  if (isRefusal(error)) return "refused";
  if (error instanceof RegistryError) return error.category === "permanent" ? "crashed" : "unavailable";
  return error instanceof StoreError || error instanceof QueueError ? "unavailable" : "crashed";
}
