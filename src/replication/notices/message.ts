/** What is sent to a channel: a notice, or a digest of notices. */
export interface Message {
  /** The same each time it is sent. */
  readonly id: string;
  /** `failed`, `late`, `quarantined`, `recovered`, `alarm` or `digest`. */
  readonly type: string;
  /** When it happened; epoch milliseconds. */
  readonly at: number;
  /** One line. */
  readonly title: string;
  readonly lines: readonly string[];
  /** The event itself, for programs. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** How one try to send a message ended. `error` contains no secret. */
export type Delivery =
  | { readonly kind: "delivered" }
  /** `afterMs`: how long the channel asks us to wait, in milliseconds. */
  | { readonly kind: "failed"; readonly error: string; readonly afterMs?: number | undefined };

/** Sends a message once. @throws the signal's reason when it is aborted; everything else is a {@link Delivery}. */
export type SendMessage = (message: Message, signal: AbortSignal) => Promise<Delivery>;

/** A message as plain text. */
export function plainText({ title, lines }: Pick<Message, "title" | "lines">): string {
  return [title, ...lines].join("\n");
}
