import * as z from "zod";
import { isRegistryHost } from "../../oci/reference.ts";
import type { RegistryHost } from "../../oci/reference.ts";

/** How a process authenticates to a registry. It has references to secrets, never secrets. */
export type Login =
  | { readonly kind: "anonymous" }
  /** Amazon ECR: a password for the caller's AWS role, valid for 12 hours (ECR API, GetAuthorizationToken). */
  | { readonly kind: "ecr"; readonly region: string }
  /** Google: a federated access token for the caller's AWS role, without a key. */
  | { readonly kind: "google"; readonly federation: Federation }
  /** Google: an access token for the service account whose key is in a secret. */
  | { readonly kind: "google-key"; readonly secret: StoredSecret }
  /** User and password, or a token, from a secret (docs/use/configuration.md, "Logging in to a registry"). */
  | { readonly kind: "stored"; readonly secret: StoredSecret };

/** A secret of AWS Secrets Manager. */
export interface StoredSecret {
  readonly arn: string;
  /** ARN of its KMS key, unless that is the account's `aws/secretsmanager`. */
  readonly encryptionKey?: string;
}

/** How tags are listed with their digests: by the distribution-spec alone, or by Google's API for long lists. */
export type Listing = "distribution" | "google";

/** Everything that is needed to access the repositories of a registry, except secrets. */
export interface RegistryAccess {
  readonly registry: RegistryHost;
  /** Plain HTTP; for loopback hosts only. */
  readonly plainHttp: boolean;
  /** Other hosts that redirects, token realms and upload locations may name; `*` matches within one label. */
  readonly allowedHosts: readonly string[];
  /** The option that adds allowed hosts. A kind without it allows no others. */
  readonly hostsField?: string;
  readonly login: Login;
  readonly listing: Listing;
  /** Creates a repository that a push needs; absent: the registry does so itself, or its repositories exist. */
  readonly creation?: Creation | undefined;
}

/** How repositories are created: by the ECR API, in one account's registry (ECR API, CreateRepository). */
export interface Creation {
  readonly account: string;
  readonly region: string;
}

/** A problem with one field, and what to write instead. */
export interface OptionProblem {
  readonly field: string;
  readonly text: string;
}

/** A kind of registry, as data and pure functions. Everything specific to a kind is in its entry of one map (`providers.ts`). */
export interface Provider<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** The configuration fields of a registry of this kind; all other fields are refused. */
  readonly options: Shape;
  /** Whether registries of this kind can be destinations. */
  readonly isDestination: boolean;
  /** Problems between well-formed options, or with the prefix of a destination. */
  problems(options: z.infer<z.ZodObject<Shape>>, prefix: string): readonly OptionProblem[];
  access(options: z.infer<z.ZodObject<Shape>>): RegistryAccess;
}

/**
 * The full name of a provider of a workload identity pool. Ids consist of lower-case letters, digits and hyphens (IAM API,
 * projects.locations.workloadIdentityPools.providers). They become parts of shell commands, so other characters are refused. Google itself
 * checks the minimum length of 4 characters when the pool is created.
 */
export const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/projects\/(?<projectNumber>\d{1,20})\/locations\/global\/workloadIdentityPools\/(?<pool>[a-z0-9-]{1,32})\/providers\/(?<provider>[a-z0-9-]{1,32})$/;
const AUDIENCE_FORM =
  "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER (ids of lower-case letters, digits and hyphens, at most 32)";

/** Workload Identity Federation: exchanges an AWS role for a Google identity, without a key. */
export const Federation = z.strictObject({
  /** `//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER` */
  audience: z.string().regex(AUDIENCE, `is not ${AUDIENCE_FORM}`),
  /** The service account to impersonate. Without it, the federated principal itself writes. */
  serviceAccount: z.email().optional(),
});
export type Federation = z.infer<typeof Federation>;

/**
 * The complete ARN of a secret, with its random suffix (Secrets Manager user guide, "Secrets Manager ARNs"): roles may then read
 * exactly this secret.
 */
export const SecretArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
    "is not the complete ARN of a secret (arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-abc123)",
  );

/** The ARN of a KMS key. An alias does not identify a key in a policy (KMS developer guide, "Specifying KMS keys in IAM policy statements"). */
export const KeyArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,64}$/,
    "is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)",
  );

/** A secret from two fields of a configuration. */
export function storedSecret(arn: string, encryptionKey: string | undefined): StoredSecret {
  return encryptionKey === undefined ? { arn } : { arn, encryptionKey };
}

export const RegistryHostField = z.string().refine(isRegistryHost, "is not host or host:port");
/** Hosts as in {@link RegistryAccess.allowedHosts}. */
export const HostPatterns = z.array(z.string().regex(/^[a-z0-9*][a-z0-9.*-]*(?::\d{1,5})?$/, "is not a host"));
