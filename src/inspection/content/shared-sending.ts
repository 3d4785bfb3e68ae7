import { createSingleFlight } from "../../async/single-flight.ts";
import type { Digest } from "../../oci/digest.ts";
import type { PushedBlob } from "../../oci/image-target.ts";

/** Sends each digest for all images that need it at the same time. */
export interface SharedSending {
  /**
   * Sends content, or waits while another image sends it. The sending is aborted only when no image waits for it any more.
   * @returns "present" when another image has sent it.
   */
  run(content: SentContent, signal: AbortSignal): Promise<PushedBlob["kind"] | "present">;
  /** Waits until all sending has ended, including what was aborted. */
  settled(): Promise<void>;
}

export interface SentContent {
  readonly digest: Digest;
  /** The repository that it is read from. */
  readonly from: string;
  readonly send: (signal: AbortSignal) => Promise<PushedBlob["kind"]>;
}

export function createSharedSending(): SharedSending {
  const flights = createSingleFlight<PushedBlob["kind"]>();
  /** The repository from which a digest is being sent, or was sent last. */
  const readFrom = new Map<Digest, string>();
  const running = new Set<Promise<unknown>>();

  function start({ digest, from, send }: SentContent, signal: AbortSignal): Promise<PushedBlob["kind"]> {
    readFrom.set(digest, from);
    const sending = send(signal).finally(() => running.delete(sending));
    running.add(sending);
    return sending;
  }

  return {
    async run(content, signal) {
      const { digest, from } = content;
      for (;;) {
        let isOwn = false;
        const startOwn = (working: AbortSignal): Promise<PushedBlob["kind"]> => {
          isOwn = true;
          return start(content, working);
        };
        try {
          const how = await flights.run(digest, startOwn, signal);
          return isOwn ? how : "present";
        } catch (error) {
          // Another repository may have lacked it, or refused to serve it: that says nothing about this one.
          const isOfOther = !isOwn && readFrom.get(digest) !== from;
          if (signal.aborted || !isOfOther) throw error;
        }
      }
    },
    async settled() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
