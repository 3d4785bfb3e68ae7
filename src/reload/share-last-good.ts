import type { LastGoodDocument } from "./external-document.ts";
import type { HeldConfiguration } from "./held-configuration.ts";

/**
 * After each poll, stores a document that this process accepted. A process that has accepted none uses the stored one: its document was
 * refused or empty, or the source did not answer.
 */
export function createSharing(store: LastGoodDocument, held: HeldConfiguration) {
  let stored: string | undefined;
  return async (signal: AbortSignal): Promise<void> => {
    const accepted = held.accepted();
    if (accepted !== undefined) {
      if (accepted.text === stored) return;
      await store.write(accepted, signal);
      stored = accepted.text;
    } else {
      const document = await store.read(signal);
      if (document !== undefined) await held.recall(document);
    }
  };
}
