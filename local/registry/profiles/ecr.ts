import type { IncomingMessage } from "node:http";
import { LOCAL_ACCOUNT } from "../../access/local-aws.ts";
import type { LayerBucket } from "../storage/layer-bucket.ts";
import { specificationProfile } from "./profile.ts";
import type { Profile } from "./profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";

export interface EcrProfileOptions {
  readonly password: string;
  readonly bucket: LayerBucket;
  /** True when the token has expired. */
  readonly isExpired?: ((request: IncomingMessage) => boolean) | undefined;
}

/**
 * A private registry of Amazon ECR: Basic with user AWS, blobs downloaded from a bucket elsewhere, manifests converted for
 * pulls by tag that do not accept their type, repositories created on push.
 */
export function createEcrProfile({ password, bucket, isExpired = () => false }: EcrProfileOptions): Profile {
  const expected = `Basic ${Buffer.from(`AWS:${password}`).toString("base64")}`;
  return {
    ...specificationProfile,
    authorize(request) {
      if (request.headers.authorization !== expected) {
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
    downloadLocation: (_repository, digest) => ({ status: 307, location: bucket.sign(digest) }),
    mounts: false,
    translates: true,
    maxPage: 1_000,
  };
}
