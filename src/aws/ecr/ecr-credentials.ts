import { GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { ECRClient } from "@aws-sdk/client-ecr";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { cachedCredentials } from "../../registry/credentials/cached-credentials.ts";
import type { CredentialsSource } from "../../registry/credentials/credentials.ts";

/**
 * Credentials of an ECR registry: the user `AWS` and a password that is valid for 12 hours, from GetAuthorizationToken (ECR API
 * reference). They are valid in the client's region only.
 */
export function createEcrCredentials(client: ECRClient): CredentialsSource {
  return cachedCredentials(async (signal) => {
    const answer = await client
      .send(new GetAuthorizationTokenCommand({}), { abortSignal: signal })
      .catch((cause: unknown) => {
        throw refused("GetAuthorizationToken failed; check that the role may call ecr:GetAuthorizationToken", cause);
      });
    const { authorizationToken, expiresAt } = answer.authorizationData?.[0] ?? {};
    const decoded = Buffer.from(authorizationToken ?? "", "base64").toString();
    const colon = decoded.indexOf(":");
    if (colon < 0) throw refused("GetAuthorizationToken returned no token");
    return {
      credentials: { kind: "basic", username: decoded.slice(0, colon), password: decoded.slice(colon + 1) },
      expiresAt: expiresAt?.getTime() ?? 0,
    };
  });
}

function refused(problem: string, cause?: unknown): RegistryError {
  const category = isTemporary(cause) ? "deferred" : "permanent";
  return new RegistryError({ side: "source", operation: "get-credentials", subject: "Amazon ECR", category }, problem, {
    cause,
  });
}

/** Only a refusal of our identity is permanent. Throttling, outages and broken connections are temporary. */
function isTemporary(cause: unknown): boolean {
  return !(cause instanceof Error) || !/AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken/.test(cause.name);
}
