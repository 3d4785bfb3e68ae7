import { useState } from "preact/hooks";
import { shortDigest } from "../format.ts";

/** A digest, short, with a button that copies all of it. */
export function Digest({ digest }: { readonly digest: string }) {
  // The elements of a row may show another digest later.
  const [copied, setCopied] = useState<{ readonly digest: string; readonly state: "copied" | "failed" }>();
  const state = copied?.digest === digest ? copied.state : "idle";
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(digest);
      setCopied({ digest, state: "copied" });
    } catch {
      setCopied({ digest, state: "failed" });
    }
  }
  return (
    <span class="digest">
      <code title={digest}>{shortDigest(digest)}</code>
      <button type="button" class="quiet" onClick={() => void copy()} aria-label={`copy the digest ${digest}`}>
        {{ idle: "copy", copied: "copied", failed: "not allowed" }[state]}
      </button>
    </span>
  );
}
