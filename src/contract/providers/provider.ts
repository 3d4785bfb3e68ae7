import * as z from "zod";
import { isRegistryHost } from "../../oci/reference.ts";
import type { RegistryHost } from "../../oci/reference.ts";

/** How a process proves who it is to a registry: what to ask for, not where the secret is. */
export type Login =
  | { readonly kind: "anonymous" }
  /** Amazon ECR: a password of 12 hours for the caller's AWS role (ECR API, GetAuthorizationToken). */
  | { readonly kind: "ecr"; readonly region: string }
  /** Google: a federated access token for the caller's AWS role, without a key. */
  | { readonly kind: "google"; readonly federation: Federation }
  /** Google: an access token for the service account whose key a secret holds. */
  | { readonly kind: "google-key"; readonly secret: StoredSecret }
  /** What a secret holds: user and password, or a token (docs/use/configuration.md, "Logging in to a registry"). */
  | { readonly kind: "stored"; readonly secret: StoredSecret };

/** A secret of AWS Secrets Manager. */
export interface StoredSecret {
  readonly arn: string;
  /** ARN of the KMS key it is encrypted with, when that is not the account's `aws/secretsmanager`. */
  readonly encryptionKey?: string;
}

/** How tags are listed with their digests: by the distribution-spec alone, or by Google's API where the list is long. */
export type Listing = "distribution" | "google";

/** A registry as a configuration describes it: everything it takes to talk to its repositories, but for the secrets. */
export interface RegistryAccess {
  readonly registry: RegistryHost;
  /** Plain HTTP; for loopback hosts only. */
  readonly plainHttp: boolean;
  /** Hosts beside the registry that redirects, token realms and upload locations may name; `*` stands within one label. */
  readonly allowedHosts: readonly string[];
  /** The option that takes more of them; a kind without one has no other hosts. */
  readonly hostsField?: string;
  readonly login: Login;
  readonly listing: Listing;
}

/** What is wrong with one field, and what to write instead. */
export interface OptionProblem {
  readonly field: string;
  readonly text: string;
}

/** A kind of registry: pure data and pure functions. All that the system knows about a kind is its entry in one map (`providers.ts`). */
export interface Provider<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** The fields of a configuration that describe one registry of this kind; others are refused. */
  readonly options: Shape;
  /** Images can be replicated to registries of this kind. */
  readonly isDestination: boolean;
  /** What is wrong with well-formed options, or with the path that a destination puts everything under. */
  problems(options: z.infer<z.ZodObject<Shape>>, prefix: string): readonly OptionProblem[];
  access(options: z.infer<z.ZodObject<Shape>>): RegistryAccess;
}

/**
 * A provider of a workload identity pool, by its whole name; ids are of lower-case letters, digits and hyphens (IAM API,
 * projects.locations.workloadIdentityPools.providers). Commands are made of them, so nothing else may be in them; that an id has 4 characters at least
 * is Google's to demand, when the pool is made.
 */
export const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/projects\/(?<projectNumber>\d{1,20})\/locations\/global\/workloadIdentityPools\/(?<pool>[a-z0-9-]{1,32})\/providers\/(?<provider>[a-z0-9-]{1,32})$/;
const AUDIENCE_FORM =
  "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER (ids of lower-case letters, digits and hyphens, at most 32)";

/** Workload Identity Federation: how the copy function's AWS role becomes a Google identity, without a key. */
export const Federation = z.strictObject({
  /** `//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER` */
  audience: z.string().regex(AUDIENCE, `is not ${AUDIENCE_FORM}`),
  /** The service account to impersonate; without it, the federated principal itself is the writer. */
  serviceAccount: z.email().optional(),
});
export type Federation = z.infer<typeof Federation>;

/**
 * A secret of AWS Secrets Manager by its whole ARN, the random end included (Secrets Manager user guide, "Secrets Manager ARNs"):
 * what may be read is then exactly this one.
 */
export const SecretArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
    "is not the whole ARN of a secret (arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-abc123)",
  );

/** A KMS key by its ARN; an alias names no key in a policy (KMS developer guide, "Specifying KMS keys in IAM policy statements"). */
export const KeyArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,64}$/,
    "is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)",
  );

/** The secret that fields of a configuration name. */
export function storedSecret(arn: string, encryptionKey: string | undefined): StoredSecret {
  return encryptionKey === undefined ? { arn } : { arn, encryptionKey };
}

export const RegistryHostField = z.string().refine(isRegistryHost, "is not host or host:port");
/** Hosts as in {@link RegistryAccess.allowedHosts}. */
export const HostPatterns = z.array(z.string().regex(/^[a-z0-9*][a-z0-9.*-]*(?::\d{1,5})?$/, "is not a host"));
