/** The text of an external document, YAML or JSON, and its label if it has one. */
export interface ExternalDocument {
  readonly text: string;
  readonly label?: string | undefined;
}

/** The result of a poll. */
export interface Polled {
  /** Undefined when it is the one that an earlier poll returned. */
  readonly document?: ExternalDocument | undefined;
  /** When the next poll is allowed, in milliseconds from now. */
  readonly nextMs: number;
}

/** The last external document that a process of the stack accepted, for processes that cannot get a good one. */
export interface LastGoodDocument {
  read(signal: AbortSignal): Promise<ExternalDocument | undefined>;
  write(document: ExternalDocument, signal: AbortSignal): Promise<void>;
}

/** Where an external document comes from. */
export interface DocumentSource {
  /** @throws when the source does not answer, or refuses. @throws the signal's reason. */
  poll(signal: AbortSignal): Promise<Polled>;
}
