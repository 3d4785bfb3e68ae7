import { withReferrer } from "../../local/images/image-content.ts";
import type { ImageContent } from "../../local/images/image-content.ts";
import { SIGNATURE_TYPE } from "../../local/images/signature.ts";
import { smallImage } from "./images.ts";
import type { Odd } from "./odd.ts";
import { json, refusal, subjectOf } from "./odd-registry.ts";
import type { Answered, Oddity } from "./odd-registry.ts";

const SPECIFICATION = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md";

const signed = (): ImageContent =>
  withReferrer(smallImage(), SIGNATURE_TYPE, new TextEncoder().encode("a signature, as far as a registry sees"));

/** A registry without support for subjects, with an unusual answer to requests for referrers. */
function withoutReferrers(answer: Answered): () => Oddity {
  return () => async (asked, next) => {
    if (subjectOf(asked) === "referrers") return answer;
    const answered = await next(asked);
    return { ...answered, headers: { ...answered.headers, "oci-subject": undefined } };
  };
}

const html: Answered = {
  status: 200,
  headers: { "content-type": "text/html" },
  body: Buffer.from("<html><body>Welcome</body></html>"),
};

const ANSWERS: readonly (readonly [name: string, seenAt: string, answer: Answered])[] = [
  ["answers 404 for referrers", "docker-registry, ECR Public", refusal(404, "NOT_FOUND")],
  ["answers 403 for referrers", "Artifactory, Cloudflare", refusal(403, "DENIED")],
  ["answers 406 for referrers", "gateways that check Accept", refusal(406, "UNSUPPORTED")],
  ["answers 500 for referrers", "older Harbor", refusal(500, "UNKNOWN")],
  ["answers referrers with its front page", "registries behind a web site", html],
  ["answers referrers with {}", "registries behind API gateways", json({})],
];

/** Unusual answers to requests for referrers. */
export const REFERRERS: readonly Odd[] = ANSWERS.map(([name, seenAt, answer]) => ({
  name,
  seenAt,
  source: `${SPECIFICATION}#listing-referrers`,
  side: "target",
  image: signed,
  oddity: withoutReferrers(answer),
}));
