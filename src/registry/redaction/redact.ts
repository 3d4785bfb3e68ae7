/** How the end of a name and the beginning of its value are written: plain, in JSON, as a URL has them, several times over. */
const IS = String.raw`(?:["'\s\\]|%(?:25)*22)*(?:[=:,]|%(?:25)*3D|%(?:25)*3A|%(?:25)*2C)(?:["'\s\\]|%(?:25)*2[20])*`;
/** A value, up to whatever ends it in any of these. */
const VALUE = String.raw`[^\s"'\\&<>,;{}]+`;

/** Names whose values are secret: of signed links (Amazon, Google, Microsoft, CDNs), of token requests and of their answers. */
const NAMES = [
  "X-Amz-(?:Signature|Security-Token|Credential)",
  "X-Goog-(?:Signature|Credential)",
  "AWSAccessKeyId",
  "(?:access|refresh|id|identity|registry|subject)_?token",
  "client_secret",
  "private_key",
];
/** Names that ordinary sentences have as well: their values are known by the sign before them, or by being quoted. */
const PARAMETERS = ["Signature", "assertion", "token", "sig", "Policy", "X-Amz-[A-Za-z-]+", "X-Goog-[A-Za-z-]+"];

const SECRETS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[removed]"],
  // A word after Bearer is a word; a token has more than small letters.
  [/\b([Bb]earer|BEARER|[Bb]asic|BASIC)(?:\s|%20|\+)+(?=\S*[A-Z0-9+/=_~%])[A-Za-z0-9._~+/=%-]{8,}/g, "$1 [removed]"],
  [new RegExp(String.raw`((?:${NAMES.join("|")})${IS}(?:value${IS})?)${VALUE}`, "gi"), "$1[removed]"],
  [new RegExp(String.raw`([?&;](?:${PARAMETERS.join("|")})=)${VALUE}`, "gi"), "$1[removed]"],
  [/\b((?:Signature|assertion)=)[^\s"'&]{8,}/gi, "$1[removed]"],
  [/("(?:token|accessToken|password|secret)\\*"\s*:\s*\\*")[^"\\]+/gi, "$1[removed]"],
  // A JSON Web Token, and what is left of one that was cut off in its first part.
  [/(?:(?<![\w-])[\w-]+\.)?\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}/g, "[removed]"],
  [/(?<![\w-])[\w-]{8,}\.(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{40,}/g, "[removed]"],
  // So long a run of letters and digits of both cases is no name: a signature, a token of no known form, a part of one.
  [/(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{64,}/g, "[removed]"],
  [/\bya29\.[A-Za-z0-9._-]+/g, "[removed]"],
  // Keys of Amazon, and tokens that GitHub, GitLab and Docker mark as theirs.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[removed]"],
  [/\b(?:gh[a-z]_|github_pat_|glpat-|dckr_[a-z]+_)[A-Za-z0-9_-]{16,}/g, "[removed]"],
];

/** Text from outside made fit for logs: no tokens, no signed links, no control characters or line breaks. */
export function scrub(text: string): string {
  const clean = SECRETS.reduce((result, [pattern, replacement]) => result.replaceAll(pattern, replacement), text);
  return clean.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
}
