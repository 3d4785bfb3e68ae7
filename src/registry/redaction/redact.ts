/** The separator of a name and its value: plain, in JSON, or percent-encoded several times. */
const IS = String.raw`(?:["'\s\\]|%(?:25)*22)*(?:[=:,]|%(?:25)*3D|%(?:25)*3A|%(?:25)*2C)(?:["'\s\\]|%(?:25)*2[20])*`;
/** A value, up to what ends it in any of these encodings. */
const VALUE = String.raw`[^\s"'\\&<>,;{}]+`;

/** Names whose values are secret, in signed URLs (Amazon, Google), token requests and token responses. */
const NAMES = [
  "X-Amz-(?:Signature|Security-Token|Credential)",
  "X-Goog-(?:Signature|Credential)",
  "AWSAccessKeyId",
  "(?:access|refresh|id|identity|registry|subject)_?token",
  "client_secret",
  "private_key",
];
/** Names that are also ordinary words: only redacted as parameters of a URL or form. */
const PARAMETERS = ["Signature", "assertion", "token", "sig", "Policy", "X-Amz-[A-Za-z-]+", "X-Goog-[A-Za-z-]+"];

const SECRETS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[removed]"],
  // A word of lower-case letters after "Bearer" is not a token.
  [/\b([Bb]earer|BEARER|[Bb]asic|BASIC)(?:\s|%20|\+)+(?=\S*[A-Z0-9+/=_~%])[A-Za-z0-9._~+/=%-]{8,}/g, "$1 [removed]"],
  [new RegExp(String.raw`((?:${NAMES.join("|")})${IS}(?:value${IS})?)${VALUE}`, "gi"), "$1[removed]"],
  [new RegExp(String.raw`([?&;](?:${PARAMETERS.join("|")})=)${VALUE}`, "gi"), "$1[removed]"],
  [/\b((?:Signature|assertion)=)[^\s"'&]{8,}/gi, "$1[removed]"],
  [/("(?:token|accessToken|password|secret)\\*"\s*:\s*\\*")[^"\\]+/gi, "$1[removed]"],
  // A JSON Web Token, also one that was truncated in its first part.
  [/(?:(?<![\w-])[\w-]+\.)?\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}/g, "[removed]"],
  [/(?<![\w-])[\w-]{8,}\.(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{40,}/g, "[removed]"],
  // A run of 64 letters of both cases and digits is not a name, but a signature, an unknown token, or a part of one.
  [/(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{64,}/g, "[removed]"],
  [/\bya29\.[A-Za-z0-9._-]+/g, "[removed]"],
  // Access keys of Amazon, and tokens with the prefixes of GitHub, GitLab and Docker.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[removed]"],
  [/\b(?:gh[a-z]_|github_pat_|glpat-|dckr_[a-z]+_)[A-Za-z0-9_-]{16,}/g, "[removed]"],
];

/** Removes everything that looks like a secret from an untrusted text, and control characters and line breaks with it. */
export function redact(text: string): string {
  const clean = SECRETS.reduce((result, [pattern, replacement]) => result.replaceAll(pattern, replacement), text);
  return clean.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
}
