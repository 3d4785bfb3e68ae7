import { describe, expect, it } from "vitest";
import { redact } from "../../../src/registry/redaction/redact.ts";

const HEAD = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
const CLAIMS = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ";
const SIGNATURE = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

describe("a redacted text", () => {
  it.each([
    ["a JSON Web Token", `${HEAD}.${CLAIMS}.${SIGNATURE}`],
    ["one that was cut off in its first part", `${HEAD.slice(7)}.${CLAIMS}.${SIGNATURE}`],
    ["one that was cut off in its claims", `${CLAIMS.slice(9)}.${SIGNATURE}`],
    ["the end of a long signature", `${SIGNATURE.slice(3)}${SIGNATURE}`],
    ["one that was cut off at its end", `${HEAD}.${CLAIMS.slice(0, 20)}`],
    ["a link signed for Amazon S3", "https://b/k?X-Amz-Signature=SECRET&X-Amz-Credential=SECRET"],
    ["a link signed for Cloud Storage", "https://b/k?X-Goog-Credential=SECRET&X-Goog-Signature=SECRET"],
    ["a link signed for Azure", "https://b/k?sv=1&sig=SECRET%3D"],
    ["a signed link inside another", "u=https%3A%2F%2Fb%2Fk%3FX-Amz-Signature%3DSECRET%26x"],
    ["a header list of Amazon's", '{"key":"x-amz-security-token","value":"SECRET"}'],
    ["one that was encoded", "%22x-amz-security-token%22%2C%22value%22%3A%22SECRET%22"],
    ["a token answer", '{"access_token":"SECRET","refresh_token": "SECRET"}'],
    ["a token answer inside JSON", String.raw`"{\"access_token\":\"SECRET\"}"`],
    ["a token request", "grant_type=refresh_token&refresh_token=SECRET&client_secret=SECRET"],
    ["a private key", "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----"],
    ["a private key that was cut off", "-----BEGIN RSA PRIVATE KEY-----\nSECRET"],
    ["a key of Amazon's", "the key ASIAIOSFODNN7EXAMPLE"],
    ["a token of Google's", "ya29.c.SECRET"],
    ["a token of GitHub's", "ghp_SECRETSECRETSECRETSECRET"],
    ["a password as Basic", "Basic dXNlcjpwYXNzd29yZA=="],
  ])("does not contain %s", (_what, text) => {
    const clean = redact(`before ${text} after`);
    expect(clean).toMatch(/^before .*\[removed\]/);
    expect(clean).not.toMatch(/SECRET|IkpXVCJ9|NTY3ODkw|SflKx|IOSFODNN|dXNlcjp/);
  });

  it.each([
    "basic authentication required",
    "Bearer authentication failed: the token has expired",
    "https://auth.docker.io/token?service=registry.docker.io&scope=repository:a/b:pull",
    "no access token for the function's role: denied",
    "manifest sha256:832bf3dac4daf394414c065b6654f89ade065b05e7a0b85b05186e4426cfccfd unknown",
    "refused to contact pkg-containers.githubusercontent.com",
  ])("keeps %j", (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each(["a", "eyJ", "A1-", "a.", "Bearer a", 'token"\\ ', "access_token%22", "-----BEGIN PRIVATE KEY-----"])(
    "is read in one go, however often it says %j",
    (part) => {
      // Patterns that go back for each character would take minutes for this, and end the test by its limit.
      expect(redact(part.repeat(Math.floor(1_000_000 / part.length)))).toBeDefined();
    },
  );
});
