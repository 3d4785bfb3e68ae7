import { useState } from "preact/hooks";
import { shortDigest } from "../format.ts";

/** A digest, short, with a button that copies all of it. */
export function Digest({ digest }: { readonly digest: string }) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(digest);
      setState("copied");
    } catch {
      setState("failed");
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
