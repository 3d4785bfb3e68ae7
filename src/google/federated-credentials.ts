import { AwsClient } from "google-auth-library";
import type { AwsSecurityCredentialsSupplier } from "google-auth-library";
import type { CredentialsSource } from "../registry/credentials/credentials.ts";
import { createSecretRedactor } from "../registry/redaction/secret-redactor.ts";
import type { SecretRedactor } from "../registry/redaction/secret-redactor.ts";
import { createSingleFlight } from "../async/single-flight.ts";
import { GOOGLE_SCOPE } from "./scope.ts";
import { noToken, TOKEN_TIMEOUT_MS, within } from "./token-wait.ts";

export interface FederationOptions {
  /** The provider of the workload identity pool, `//iam.googleapis.com/projects/...`. */
  readonly audience: string;
  /** The service account to impersonate. Without it, the federated principal itself writes. */
  readonly serviceAccount?: string | undefined;
  /** The process's own AWS credentials and region; read for every exchange. */
  readonly aws: AwsSecurityCredentialsSupplier;
  /** Token exchange endpoint, instead of Google's. */
  readonly stsUrl?: string | undefined;
  readonly iamCredentialsUrl?: string | undefined;
  /** Timeout of an exchange, in milliseconds; {@link TOKEN_TIMEOUT_MS} by default. */
  readonly timeoutMs?: number;
}

const NO_TOKEN = {
  problem: "no access token for the function's role",
  check: "check the pool, its provider, the attribute condition and the service account",
};
const IAM_CREDENTIALS = "https://iamcredentials.googleapis.com";

/**
 * A Google access token for an AWS role, without a key (Workload Identity Federation, "AWS"). The library caches the token and renews
 * it five minutes before it expires. Concurrent callers share one exchange.
 */
export function createFederatedCredentials(options: FederationOptions): CredentialsSource {
  const { timeoutMs = TOKEN_TIMEOUT_MS } = options;
  const secrets = createSecretRedactor();
  const create = (): AwsClient => createClient({ ...options, timeoutMs, aws: recordingSecrets(options.aws, secrets) });
  let client = create();
  /** The client whose exchange is in progress. */
  let exchanging: AwsClient | undefined;
  let given: string | undefined;
  const exchanges = createSingleFlight<string>();
  const exchange = async (signal: AbortSignal): Promise<string> => {
    // The library returns a pending exchange to every later caller, even if it hangs; only a new client starts another.
    if (exchanging === client) client = create();
    const current = client;
    exchanging = current;
    const { token } = await within(current.getAccessToken(), signal, timeoutMs)
      .catch((cause: unknown) => {
        if (client === current) client = create();
        signal.throwIfAborted();
        throw noToken(cause, NO_TOKEN, secrets.redactSecrets);
      })
      .finally(() => {
        if (exchanging === current) exchanging = undefined;
      });
    if (typeof token !== "string") throw noToken(undefined, NO_TOKEN);
    given = token;
    return token;
  };
  return async (signal, refused) => {
    // A refused token may have been revoked. The library would return it again; a new client exchanges a new one.
    if (refused?.kind === "registry-token" && refused.token === given) {
      given = undefined;
      client = create();
    }
    return { kind: "registry-token", token: await exchanges.run("", exchange, signal) };
  };
}

function createClient({
  audience,
  serviceAccount,
  aws,
  stsUrl,
  iamCredentialsUrl = IAM_CREDENTIALS,
  timeoutMs = TOKEN_TIMEOUT_MS,
}: FederationOptions): AwsClient {
  const impersonation = `${iamCredentialsUrl}/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`;
  return new AwsClient({
    type: "external_account",
    audience,
    subject_token_type: "urn:ietf:params:aws:token-type:aws4_request",
    aws_security_credentials_supplier: aws,
    scopes: [GOOGLE_SCOPE],
    // Ends requests whose caller has timed out.
    transporterOptions: { timeout: timeoutMs },
    ...(stsUrl === undefined ? {} : { token_url: stsUrl }),
    ...(serviceAccount === undefined ? {} : { service_account_impersonation_url: impersonation }),
  });
}

/** Records the secrets of an exchange, so that they can be cut out of errors: a server may echo them. */
function recordingSecrets(
  aws: AwsSecurityCredentialsSupplier,
  secrets: SecretRedactor,
): AwsSecurityCredentialsSupplier {
  return {
    getAwsRegion: (context) => aws.getAwsRegion(context),
    async getAwsSecurityCredentials(context) {
      const role = await aws.getAwsSecurityCredentials(context);
      secrets.remember(role.secretAccessKey);
      secrets.remember(role.token ?? "");
      return role;
    },
  };
}
