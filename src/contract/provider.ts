import * as z from "zod";
import { isRegistryHost } from "../oci/reference.ts";
import type { RegistryHost } from "../oci/reference.ts";

/** How a process proves who it is to a registry: what to ask for, not where the secret is. */
export type Login =
  | { readonly kind: "anonymous" }
  /** Amazon ECR: a password of 12 hours for the caller's AWS role (ECR API, GetAuthorizationToken). */
  | { readonly kind: "ecr"; readonly region: string }
  /** Google: a federated access token for the caller's AWS role, without a key. */
  | { readonly kind: "google"; readonly federation: Federation }
  /** Google: an access token for the service account whose key a secret holds. */
  | { readonly kind: "google-key"; readonly secret: string };

/** A registry as a configuration describes it: everything it takes to talk to its repositories, but for the secrets. */
export interface RegistryAccess {
  readonly registry: RegistryHost;
  /** Plain HTTP; for loopback hosts only. */
  readonly plainHttp: boolean;
  /** Hosts beside the registry that redirects, token realms and upload locations may name; `*` stands within one label. */
  readonly allowedHosts: readonly string[];
  readonly login: Login;
}

/** A kind of registry: pure data and pure functions, created through one map (`providers.ts`). */
export interface Provider<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** The fields of a configuration that describe one registry of this kind; others are refused. */
  readonly options: Shape;
  /** What is wrong with options that are well-formed each: the field and the problem. */
  problem?(options: z.infer<z.ZodObject<Shape>>): { readonly field: string; readonly text: string } | undefined;
  access(options: z.infer<z.ZodObject<Shape>>): RegistryAccess;
  /** True when a host alone shows that its registry is of this kind. */
  recognizes(host: string): boolean;
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

export const RegistryHostField = z.string().refine(isRegistryHost, "is not host or host:port");
/** Hosts as in {@link RegistryAccess.allowedHosts}. */
export const HostPatterns = z.array(z.string().regex(/^[a-z0-9*][a-z0-9.*-]*(?::\d{1,5})?$/, "is not a host"));
