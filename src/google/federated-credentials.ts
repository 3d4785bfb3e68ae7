import { AwsClient } from "google-auth-library";
import type { AwsSecurityCredentialsSupplier } from "google-auth-library";
import { RegistryError } from "../oci/registry-error.ts";
import type { CredentialsSource } from "../registry/credentials.ts";

export interface FederationOptions {
  /** The workload identity pool's provider, `//iam.googleapis.com/projects/...`. */
  readonly audience: string;
  /** The service account to impersonate; without it the federated principal itself writes. */
  readonly serviceAccount?: string | undefined;
  /** The function's own AWS credentials and region; asked for at every exchange. */
  readonly aws: AwsSecurityCredentialsSupplier;
  /** Where tokens are exchanged instead of at Google. */
  readonly stsUrl?: string | undefined;
  readonly iamCredentialsUrl?: string | undefined;
  /** How long a token may take, in milliseconds; 20 s when not given. */
  readonly timeoutMs?: number;
}

/** The library waits for Google for ever. */
const TIMEOUT_MS = 20_000;
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const IAM_CREDENTIALS = "https://iamcredentials.googleapis.com";

/**
 * A Google access token for an AWS role, without any key (Workload Identity Federation, "AWS"). The library keeps the
 * token, renews it five minutes early, and lets all who wait share one exchange.
 */
export function createFederatedCredentials(options: FederationOptions): CredentialsSource {
  const {
    audience,
    serviceAccount,
    aws,
    stsUrl,
    iamCredentialsUrl = IAM_CREDENTIALS,
    timeoutMs = TIMEOUT_MS,
  } = options;
  const impersonation = `${iamCredentialsUrl}/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`;
  const create = (): AwsClient =>
    new AwsClient({
      type: "external_account",
      audience,
      subject_token_type: "urn:ietf:params:aws:token-type:aws4_request",
      aws_security_credentials_supplier: aws,
      scopes: [SCOPE],
      ...(stsUrl === undefined ? {} : { token_url: stsUrl }),
      ...(serviceAccount === undefined ? {} : { service_account_impersonation_url: impersonation }),
    });
  let client = create();
  return async (signal, refused) => {
    // A refused token may have been revoked: the library would give it again, a new client asks anew.
    if (refused !== undefined) client = create();
    const { token } = await within(client.getAccessToken(), signal, timeoutMs).catch((cause: unknown) => {
      // The library gives all who ask later the same exchange, also one that hangs: a new client asks anew.
      client = create();
      signal.throwIfAborted();
      throw failure(cause);
    });
    if (typeof token !== "string") throw failure(undefined);
    return { kind: "bearer", token };
  };
}

/** Waits for something that knows no signal; it goes on without us. */
async function within<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(new Error(`no token within ${timeoutMs / 1_000} s`)), timeoutMs);
  const either = AbortSignal.any([signal, waiting.signal]);
  work.catch(() => undefined);
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => either.addEventListener("abort", () => reject(either.reason), { once: true })),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(cause: unknown): RegistryError {
  const status =
    cause instanceof Error && "status" in cause && typeof cause.status === "number" ? cause.status : undefined;
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== 429;
  const detail = cause instanceof Error ? cause.message.slice(0, 300) : "no token in the answer";
  return new RegistryError(
    {
      side: "target",
      operation: "get-credentials",
      subject: "Google",
      category: isRefusal ? "permanent" : "deferred",
      status,
    },
    `no access token for the function's role: ${detail}; check pool, provider, attribute condition and service account`,
    { cause },
  );
}
