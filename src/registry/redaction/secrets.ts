import { formsOf, withoutParts } from "./secret-forms.ts";

/** Takes the secrets that were sent out of a text. */
export type Cut = (text: string) => string;

/** The secrets one client has just used, to be cut out of what servers say. */
export interface Secrets {
  /** Remembers a secret: a password, a token, a signature. */
  note(secret: string): void;
  /** Remembers what an Authorization header shows. */
  noteHeader(header: string): void;
  /** Remembers what a signed link proves by. */
  noteLink(url: URL): void;
  /** The text without the secrets noted, or parts of them, in whatever form they are there. */
  readonly cut: Cut;
}

/** Secrets that are remembered: a login, its tokens, and the links that transfers use. */
const KEPT = 32;
/** What is shorter is cut out of no text: too little of the text would be left. */
const SHORTEST = 3;
/** Of a secret, so many characters are looked for. */
const LONGEST = 8_192;
/** Parameters of links signed by Amazon, Google, Microsoft and CDNs that make them valid. */
const PROOF = /signature|token|^sig$|^policy$|^verify$|^hdnts$/i;

export function createSecrets(): Secrets {
  const noted = new Set<string>();

  function note(secret: string): void {
    const kept = secret.slice(0, LONGEST);
    if (kept.length < SHORTEST) return;
    noted.delete(kept);
    noted.add(kept);
    for (const oldest of noted) if (noted.size > KEPT) noted.delete(oldest);
  }

  return {
    note,
    noteHeader(header) {
      const [scheme = "", value = ""] = header.split(" ", 2);
      note(value);
      // RFC 7617: Basic only wraps.
      const login = scheme === "Basic" ? Buffer.from(value, "base64").toString() : "";
      note(login.slice(login.indexOf(":") + 1));
    },
    noteLink({ searchParams }) {
      for (const [name, value] of searchParams) if (PROOF.test(name)) note(value);
    },
    cut: (text) => (noted.size === 0 ? text : withoutParts(text, [...noted].flatMap(formsOf))),
  };
}
