const SECRETS: readonly [RegExp, string][] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [removed]"],
  [/([?&](?:X-Amz-[A-Za-z-]+|Signature|AWSAccessKeyId|token|access_token|sig)=)[^&\s"'<>]+/gi, "$1[removed]"],
  [/\b((?:Signature|assertion|subject_token|client_secret)=)[^&\s"']{8,}/gi, "$1[removed]"],
  [/(x-amz-security-token\W+(?:value\W+)?)[A-Za-z0-9+/=_-]{8,}/gi, "$1[removed]"],
  [/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,2}/g, "[removed]"],
  [/\bya29\.[A-Za-z0-9._-]+/g, "[removed]"],
  [/("(?:token|access_token|accessToken|refresh_token|password|private_key|secret)"\s*:\s*")[^"]+/gi, "$1[removed]"],
];

/** Text from outside made fit for logs: no tokens, no signed links, no control characters or line breaks. */
export function scrub(text: string): string {
  const clean = SECRETS.reduce((result, [pattern, replacement]) => result.replaceAll(pattern, replacement), text);
  return clean.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
}
