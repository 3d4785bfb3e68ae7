import type { FederatedDestination } from "./federated-destination.ts";

/** The IAM roles that Google is to trust, and their AWS account. */
export interface TrustedRoles {
  readonly account: string;
  /** Role names. */
  readonly names: readonly string[];
  /** The one of them that deletes tags, where rules ask for it. */
  readonly deleter: string;
  /** Those of them that read the source. */
  readonly readers: readonly string[];
  /** Those of them that only read at destinations: the canary function's and the inspect function's, if there are any. */
  readonly watchers?: readonly string[] | undefined;
}

/** Google limits a subject to 127 bytes. So it is the role's name; the ARN with the session's name can be longer. */
export const ATTRIBUTE_MAPPING: Readonly<Record<string, string>> = {
  "google.subject": "assertion.arn.extract('assumed-role/{role}/')",
  "attribute.aws_role": "assertion.arn.extract('assumed-role/{role}/')",
  "attribute.account": "assertion.account",
};

export const READER_ROLE = "roles/artifactregistry.reader";
export const WRITER_ROLE = "roles/artifactregistry.writer";
/** Deletes tags; the writer role does not (Artifact Registry, "Access control with IAM"). */
export const DELETER_ROLE = "roles/artifactregistry.repoAdmin";
export const IMPERSONATION_ROLE = "roles/iam.workloadIdentityUser";

/** The roles that write to destinations. */
export function writersOf({ names, watchers = [] }: TrustedRoles): readonly string[] {
  return names.filter((name) => !watchers.includes(name));
}

export function attributeCondition({ account, names }: TrustedRoles): string {
  const list = names.map((name) => `'${name}'`).join(", ");
  return `attribute.account == '${account}' && attribute.aws_role in [${list}]`;
}

/**
 * The APIs to enable, by project: token exchange in the pool's project, impersonation in the service account's, Artifact Registry in the
 * repository's. A project that is written once as a number and once as an ID has two entries.
 */
export function servicesByProject(
  destinations: readonly FederatedDestination[],
): ReadonlyMap<string, readonly string[]> {
  const services = new Map<string, Set<string>>();
  const add = (project: string, ...names: readonly string[]): void => {
    const known = services.get(project) ?? new Set();
    for (const name of names) known.add(`${name}.googleapis.com`);
    services.set(project, known);
  };
  for (const { projectNumber, serviceAccount, project } of destinations) {
    add(projectNumber, "iam", "iamcredentials", "sts");
    if (serviceAccount !== undefined) add(serviceAccount.project, "iam", "iamcredentials");
    add(project, "artifactregistry");
  }
  return new Map([...services].map(([project, names]) => [project, [...names]]));
}
