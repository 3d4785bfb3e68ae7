import type { Digest } from "../../../src/oci/digest.ts";
import type { Secrets } from "./secrets.ts";
import type { Profile } from "./registry-site.ts";
import { refusal } from "./site.ts";
import type { Arrived } from "./site.ts";

/**
 * A private registry of Amazon ECR: Basic authorization as user AWS with a password that expires ("Private registry authentication"),
 * and blobs in a bucket of Amazon S3 (ECR user guide, "VPC endpoints": the layer bucket).
 */
export function ecrProfile(secrets: Secrets, bucket: string): Profile {
  return {
    refuse({ headers }) {
      const [user, password] = basicOf(headers["authorization"]);
      if (user === "AWS" && password !== undefined && secrets.isGood(password)) return undefined;
      // ECR's troubleshooting page: an expired password is denied, not challenged.
      if (user === "AWS") return refusal(403, "DENIED", {}, "Your authorization token has expired. Reauthenticate.");
      return refusal(401, "UNAUTHORIZED", {
        "www-authenticate": 'Basic realm="https://ecr/",service="ecr.amazonaws.com"',
      });
    },
    blobLocation: (digest: Digest) => `https://${bucket}/${digest}?X-Amz-Signature=signed`,
    uploadPath: (repository, id) => `/v2/${repository}/blobs/uploads/${id}`,
    mounts: false,
    cancels: false,
    referrers: true,
    listsManifests: false,
    isLenient: false,
  };
}

/**
 * A Docker repository of Google Artifact Registry: Google's access tokens as Bearer tokens, monolithic uploads outside of /v2/
 * ("Push and pull images": "You must use monolithic uploads"), no mounts, a referrers API.
 */
export function artifactRegistryProfile(secrets: Secrets, isLenient: boolean): Profile {
  return {
    refuse: ({ headers }) =>
      secrets.isGood(bearerOf(headers["authorization"])) ? undefined : refusal(401, "UNAUTHORIZED"),
    uploadPath: (_repository, id) => `/artifacts-uploads/namespaces/p/repositories/r/uploads/${id}`,
    mounts: false,
    cancels: false,
    referrers: true,
    listsManifests: true,
    isLenient,
  };
}

/**
 * A registry that implements just the specification: Bearer tokens of a token server, one for each scope ("Token Authentication
 * Specification"), mounts, uploads that can be cancelled, no referrers API.
 */
export function specificationProfile(secrets: Secrets, realm: string, isLenient: boolean): Profile {
  return {
    refuse(request, repository) {
      const scope = scopeOf(request, repository);
      if (secrets.isGood(bearerOf(request.headers["authorization"]), scope)) return undefined;
      const challenge = `Bearer realm="${realm}",service="${request.url.host}",scope="${scope}"`;
      return refusal(401, "UNAUTHORIZED", { "www-authenticate": challenge });
    },
    uploadPath: (repository, id) => `/v2/${repository}/blobs/uploads/${id}`,
    mounts: true,
    cancels: true,
    referrers: false,
    listsManifests: false,
    isLenient,
  };
}

/** The scope of the token that a request needs (Docker Registry token scope). */
function scopeOf({ method }: Arrived, repository: string): string {
  return `repository:${repository}:${method === "GET" || method === "HEAD" ? "pull" : "pull,push"}`;
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer (\S+)$/.exec(authorization ?? "")?.[1] ?? "";
}

function basicOf(authorization: string | undefined): string[] {
  const encoded = /^Basic (\S+)$/.exec(authorization ?? "")?.[1];
  return encoded === undefined ? [] : Buffer.from(encoded, "base64").toString().split(":");
}
