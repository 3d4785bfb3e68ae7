import { formsOf, redactForms } from "./secret-forms.ts";

/** Removes the secrets that were sent from a text. */
export type RedactSecrets = (text: string) => string;

/** Remembers the secrets that one client sends, to remove them from what servers answer. */
export interface SecretRedactor {
  /** Remembers a password, a token or a signature. */
  remember(secret: string): void;
  /** Remembers the credentials of an Authorization header. */
  rememberHeader(header: string): void;
  /** Remembers the signature of a signed URL. */
  rememberSignedUrl(url: URL): void;
  /** Removes the remembered secrets, and parts of them, in all their encodings. */
  readonly redactSecrets: RedactSecrets;
}

/** Number of secrets that are remembered: a login, its tokens, and the signed URLs of transfers. */
const MAX_SECRETS = 32;
/** Shorter secrets are not removed: too little of the text would be left. */
const MIN_LENGTH = 3;
/** Only this many characters of a secret are searched for. */
const MAX_LENGTH = 8_192;
/** Parameters that make URLs of Amazon, Google, Microsoft and CDNs valid. */
const SIGNATURE_PARAMETER = /signature|token|^sig$|^policy$|^verify$|^hdnts$/i;

export function createSecretRedactor(): SecretRedactor {
  const secrets = new Set<string>();
  /** Most requests of a client have the same header. */
  let last: { readonly header: string; readonly secrets: readonly string[] } = { header: "", secrets: [] };

  function remember(secret: string): void {
    const start = secret.slice(0, MAX_LENGTH);
    if (start.length < MIN_LENGTH) return;
    secrets.delete(start);
    secrets.add(start);
    for (const oldest of secrets) if (secrets.size > MAX_SECRETS) secrets.delete(oldest);
  }

  return {
    remember,
    rememberHeader(header) {
      if (header !== last.header) last = { header, secrets: secretsOf(header) };
      last.secrets.forEach(remember);
    },
    rememberSignedUrl(url) {
      if (url.search === "") return;
      for (const [name, value] of url.searchParams) if (SIGNATURE_PARAMETER.test(name)) remember(value);
    },
    redactSecrets: (text) => (secrets.size === 0 ? text : redactForms(text, [...secrets].flatMap(formsOf))),
  };
}

function secretsOf(header: string): string[] {
  const [scheme = "", value = ""] = header.split(" ", 2);
  // The password inside Basic credentials (RFC 7617).
  const login = scheme === "Basic" ? Buffer.from(value, "base64").toString() : "";
  return [value, login.slice(login.indexOf(":") + 1)];
}
