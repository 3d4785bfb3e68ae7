import type { FederatedDestination } from "./federated-destination.ts";

/** The roles that Google has to trust, and the AWS account they are in. */
export interface TrustedRoles {
  readonly account: string;
  /** Role names. */
  readonly names: readonly string[];
}

/** Google takes 127 bytes of subject: the role's name alone, not the ARN with the session's name. */
export const ATTRIBUTE_MAPPING: Readonly<Record<string, string>> = {
  "google.subject": "assertion.arn.extract('assumed-role/{role}/')",
  "attribute.aws_role": "assertion.arn.extract('assumed-role/{role}/')",
  "attribute.account": "assertion.account",
};

export const WRITER_ROLE = "roles/artifactregistry.writer";
export const IMPERSONATION_ROLE = "roles/iam.workloadIdentityUser";

export function attributeCondition({ account, names }: TrustedRoles): string {
  const list = names.map((name) => `'${name}'`).join(", ");
  return `attribute.account == '${account}' && attribute.aws_role in [${list}]`;
}

/**
 * The APIs that have to be on, by project: the exchange is asked of the pool's, the impersonation of the account's, and images are put into the
 * repository's. A project that is named by its number here and by its id there has both lists.
 */
export function servicesByProject(places: readonly FederatedDestination[]): ReadonlyMap<string, readonly string[]> {
  const services = new Map<string, Set<string>>();
  const add = (project: string, ...names: readonly string[]): void => {
    const known = services.get(project) ?? new Set();
    for (const name of names) known.add(`${name}.googleapis.com`);
    services.set(project, known);
  };
  for (const { projectNumber, serviceAccount, project } of places) {
    add(projectNumber, "iam", "iamcredentials", "sts");
    if (serviceAccount !== undefined) add(serviceAccount.project, "iam", "iamcredentials");
    add(project, "artifactregistry");
  }
  return new Map([...services].map(([project, names]) => [project, [...names]]));
}
