import type { IncomingMessage } from "node:http";
import { LOCAL_ACCOUNT } from "../../access/local-aws.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { LayerBucket } from "../storage/layer-bucket.ts";
import type { AccessPolicy, Profile } from "./profile.ts";
import { specificationProfile } from "./specification.ts";

export interface EcrProfileOptions {
  readonly password: string;
  readonly bucket: LayerBucket;
  /** Whether a creation template creates repositories on push; true when undefined. */
  readonly createsRepositories?: boolean | undefined;
  readonly immutableTags?: boolean | undefined;
  /** True when the request's token has expired. */
  readonly isExpired?: ((request: IncomingMessage) => boolean) | undefined;
}

/**
 * A private registry of Amazon ECR: Basic authentication with user AWS, blobs redirected to a bucket, manifests converted for pulls by
 * tag whose Accept header lacks their type, repositories created on push or not at all. An upload is one request: of several parts only the
 * first is stored (aws/containers-roadmap#2831), a session answers 405 to questions and cancellations, and mounts are off, as in an account
 * without the setting BLOB_MOUNTING (ECR user guide, "Blob mounting").
 */
export function createEcrProfile({ bucket, ...options }: EcrProfileOptions): Profile {
  const { uploads, manifests, listings, blobs } = specificationProfile;
  return {
    access: accessPolicy(options),
    blobs: { ...blobs, redirect: (_repository, digest) => ({ status: 307, location: bucket.sign(digest) }) },
    uploads: { ...uploads, mounts: false, storesParts: false, hasSessionRequests: false },
    manifests: { ...manifests, converts: true, immutableTags: options.immutableTags ?? false, refuseMove },
    listings: { ...listings, maxPage: 1_000 },
  };
}

/** The refusal in the words of ECR (ECR user guide, "Image tag mutability"). */
function refuseMove(repository: string, tag: string): ErrorResponse {
  const text = `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the tag is immutable.`;
  return new ErrorResponse(400, "TAG_INVALID", `tag invalid: ${text}`);
}

function accessPolicy({
  password,
  createsRepositories = true,
  isExpired = () => false,
}: Omit<EcrProfileOptions, "bucket">): AccessPolicy {
  // Every call of GetAuthorizationToken gives another token: the password and a number.
  const isLogin = (header = ""): boolean => {
    const [, encoded] = /^Basic (.+)$/.exec(header) ?? [];
    const login = Buffer.from(encoded ?? "", "base64").toString();
    return login.replace(/\.\d+$/, "") === `AWS:${password}`;
  };
  return {
    ...specificationProfile.access,
    createsRepositories,
    authorize(request) {
      if (!isLogin(request.headers.authorization)) {
        const challenge = `Basic realm="http://${request.headers.host}/",service="ecr.amazonaws.com"`;
        return new ErrorResponse(401, "UNAUTHORIZED", "Not Authorized", { headers: { "www-authenticate": challenge } });
      }
      if (!isExpired(request)) return undefined;
      return new ErrorResponse(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
    },
    unknownRepository: (name) =>
      new ErrorResponse(
        404,
        "NAME_UNKNOWN",
        `The repository with name '${name}' does not exist in the registry with id '${LOCAL_ACCOUNT}'`,
      ),
  };
}
