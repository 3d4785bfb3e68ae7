import { AwsClient } from "google-auth-library";
import type { AwsSecurityCredentialsSupplier } from "google-auth-library";
import type { CredentialsSource } from "../registry/auth/credentials.ts";
import { createSecretRedactor } from "../registry/redaction/secret-redactor.ts";
import type { SecretRedactor } from "../registry/redaction/secret-redactor.ts";
import { createSingleFlight } from "../async/single-flight.ts";
import { GOOGLE_SCOPE } from "./scope.ts";
import { noToken, TOKEN_TIMEOUT_MS, within } from "./token-wait.ts";

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
  /** How long a token may take, in milliseconds; {@link TOKEN_TIMEOUT_MS} when not given. */
  readonly timeoutMs?: number;
}

const NO_TOKEN = {
  problem: "no access token for the function's role",
  check: "check pool, provider, attribute condition and service account",
};
const IAM_CREDENTIALS = "https://iamcredentials.googleapis.com";

/**
 * A Google access token for an AWS role, without any key (Workload Identity Federation, "AWS"). The library keeps the
 * token and renews it five minutes early; all who wait share one exchange.
 */
export function createFederatedCredentials(options: FederationOptions): CredentialsSource {
  const { timeoutMs = TOKEN_TIMEOUT_MS } = options;
  const secrets = createSecretRedactor();
  const create = (): AwsClient => createClient({ ...options, timeoutMs, aws: noting(options.aws, secrets) });
  let client = create();
  /** The client whose exchange is under way. */
  let asking: AwsClient | undefined;
  let given: string | undefined;
  const exchanges = createSingleFlight<string>();
  const exchange = async (signal: AbortSignal): Promise<string> => {
    // The library gives every later caller the same exchange, also one that hangs: a new client asks anew.
    if (asking === client) client = create();
    const asked = client;
    asking = asked;
    const { token } = await within(asked.getAccessToken(), signal, timeoutMs)
      .catch((cause: unknown) => {
        if (client === asked) client = create();
        signal.throwIfAborted();
        throw noToken(cause, NO_TOKEN, secrets.redactSecrets);
      })
      .finally(() => {
        if (asking === asked) asking = undefined;
      });
    if (typeof token !== "string") throw noToken(undefined, NO_TOKEN);
    given = token;
    return token;
  };
  return async (signal, refused) => {
    // A refused token may have been revoked: the library would give it again, a new client asks anew.
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
    // What is not waited for any more ends as well.
    transporterOptions: { timeout: timeoutMs },
    ...(stsUrl === undefined ? {} : { token_url: stsUrl }),
    ...(serviceAccount === undefined ? {} : { service_account_impersonation_url: impersonation }),
  });
}

/** Remembers what an exchange proves itself by: a server may quote it. */
function noting(aws: AwsSecurityCredentialsSupplier, secrets: SecretRedactor): AwsSecurityCredentialsSupplier {
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
