/** Length of the shortest part of a secret that is removed, in characters. */
const PART = 10;
/** Shorter base64 texts could be any word. */
const SHORTEST_BASE64 = 4;

/** All encodings of a secret: plain, and those of URLs, forms, JSON, HTML and base64. */
export function formsOf(secret: string): string[] {
  const inUrl = encodeURIComponent(secret.toWellFormed());
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inHtml = secret
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  const written = [secret, inUrl, inUrl.replaceAll("%20", "+"), encodeURIComponent(inUrl), inJson, inHtml];
  return [...new Set([...written, JSON.stringify(inJson).slice(1, -1), ...base64Of(secret)])];
}

/** The base64 texts of a secret after 0, 1 or 2 other bytes, without the characters that it shares with its neighbours. */
function base64Of(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2]
    .map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString("base64")
        .replace(/=+$/, "");
      const end = (before + bytes.length) % 3 === 0 ? text.length : text.length - 1;
      return text.slice(Math.ceil((before * 4) / 3), end);
    })
    .filter(({ length }) => length >= SHORTEST_BASE64)
    .flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_"), encodeURIComponent(form)]);
}

/** Removes these forms from a text, and long parts of them: a truncated text ends inside a secret. */
export function redactForms(text: string, forms: readonly string[]): string {
  const searched = lowered(text);
  const isRemoved = new Uint8Array(text.length);
  for (const part of forms.map(lowered).filter(({ length }) => length < PART)) {
    for (let at = searched.indexOf(part); at >= 0; at = searched.indexOf(part, at + 1))
      isRemoved.fill(1, at, at + part.length);
  }
  const parts = partsOf(forms);
  for (let at = 0; at + PART <= searched.length; at++) {
    if (parts.has(searched.slice(at, at + PART))) isRemoved.fill(1, at, at + PART);
  }
  return withoutRemoved(text, isRemoved);
}

function partsOf(forms: readonly string[]): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const form of forms.map(lowered)) {
    for (let at = 0; at + PART <= form.length; at++) parts.add(form.slice(at, at + PART));
  }
  return parts;
}

function withoutRemoved(text: string, isRemoved: Uint8Array): string {
  let result = "";
  for (let at = 0; at < text.length; at++) {
    if (isRemoved[at] === 0) result += text.charAt(at);
    else if (isRemoved[at - 1] !== 1) result += "[removed]";
  }
  return result;
}

/** Servers change the case of host names and percent-encodings. Only ASCII: every letter must stay one character. */
function lowered(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
