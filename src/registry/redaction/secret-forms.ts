/** So many characters in a row of a secret are a part of it. */
const PART = 10;
/** What base64 makes of fewer characters could be any word. */
const SHORTEST_BASE64 = 4;

/** How a secret may come back: as it is, and as URLs, forms, JSON, HTML and base64 have it. */
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

/** What base64 makes of a secret behind none, one or two other bytes, wherever it stands: only the characters that are its own. */
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

/** A text without these forms, and without long parts of them, which is what a text that was cut off has of them. */
export function withoutParts(text: string, forms: readonly string[]): string {
  const looked = lowered(text);
  const isCut = new Uint8Array(text.length);
  for (const part of forms.map(lowered).filter(({ length }) => length < PART)) {
    for (let at = looked.indexOf(part); at >= 0; at = looked.indexOf(part, at + 1)) isCut.fill(1, at, at + part.length);
  }
  const parts = partsOf(forms);
  for (let at = 0; at + PART <= looked.length; at++) {
    if (parts.has(looked.slice(at, at + PART))) isCut.fill(1, at, at + PART);
  }
  return kept(text, isCut);
}

function partsOf(forms: readonly string[]): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const form of forms.map(lowered)) {
    for (let at = 0; at + PART <= form.length; at++) parts.add(form.slice(at, at + PART));
  }
  return parts;
}

function kept(text: string, isCut: Uint8Array): string {
  let result = "";
  for (let at = 0; at < text.length; at++) {
    if (isCut[at] === 0) result += text.charAt(at);
    else if (isCut[at - 1] !== 1) result += "[removed]";
  }
  return result;
}

/** Host names and percent-encodings come back in another case. Only ASCII: no letter may become two. */
function lowered(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
