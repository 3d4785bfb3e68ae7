import { FormatError } from "../../oci/errors/format-error.ts";
import { parseJson } from "../../oci/json/bounded-json.ts";
import { parseCopyRequest } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import { readPreCopyRequest } from "./pre-copy-request.ts";
import type { PreCopyRequest } from "./pre-copy-request.ts";

/** What a message of the copy queues requests. */
export type RequestMessage =
  | { readonly kind: "copy"; readonly request: CopyRequest }
  | { readonly kind: "pre-copy"; readonly request: PreCopyRequest }
  /** No request that this function knows: a retry cannot succeed. */
  | { readonly kind: "malformed"; readonly error: FormatError };

/** Reads the body of a message. */
export function readRequestMessage(body: string): RequestMessage {
  try {
    const document = parseJson(new TextEncoder().encode(body), "message");
    const preCopy = readPreCopyRequest(document);
    if (preCopy !== undefined) return { kind: "pre-copy", request: preCopy };
    return { kind: "copy", request: parseCopyRequest(document) };
  } catch (error) {
    if (error instanceof FormatError) return { kind: "malformed", error };
    throw error;
  }
}
