import { createSingleFlight } from "../../async/single-flight.ts";
import type { Digest } from "../../oci/digest.ts";
import { createSharedSending } from "./shared-sending.ts";
import type { SentContent, SharedSending } from "./shared-sending.ts";

/**
 * What a run knows of the content of one target repository. All images of the run share it, so that each digest is asked for once and
 * sent once, however many images need it at the same time.
 */
export interface KnownContent {
  /** Whether the repository has the content: what is known, otherwise the result of `ask`. */
  has(digest: Digest, ask: (signal: AbortSignal) => Promise<boolean>, signal: AbortSignal): Promise<boolean>;
  /** Remembers that the repository has the content. */
  confirm(digest: Digest): void;
  /** Forgets what was found and sent: the repository has denied having it. */
  forget(digests: Iterable<Digest>): void;
  /** Sends content, together with other images that need it now, unless this run has sent it. @returns "present" when another image has. */
  sendOnce(content: SentContent, signal: AbortSignal): ReturnType<SharedSending["run"]>;
  /** Waits until all sending has ended, including what was aborted. */
  settled(): Promise<void>;
}

type Knowledge = "absent" | "found" | "sent";

export function createKnownContent(): KnownContent {
  const known = new Map<Digest, Knowledge>();
  const asking = createSingleFlight<boolean>();
  const sending = createSharedSending();
  return {
    async has(digest, ask, signal) {
      const found = known.get(digest);
      if (found !== undefined) return found !== "absent";
      const askNow = async (working: AbortSignal): Promise<boolean> => {
        const isThere = await ask(working);
        // Meanwhile an image that did not ask may have sent it.
        if (!known.has(digest)) known.set(digest, isThere ? "found" : "absent");
        return isThere;
      };
      return asking.run(digest, askNow, signal);
    },
    confirm: (digest) => void (known.get(digest) === "sent" || known.set(digest, "found")),
    forget(digests) {
      for (const digest of digests) known.delete(digest);
    },
    async sendOnce(content, signal) {
      if (known.get(content.digest) === "sent") return "present";
      const how = await sending.run(content, signal);
      known.set(content.digest, "sent");
      return how;
    },
    settled: () => sending.settled(),
  };
}
