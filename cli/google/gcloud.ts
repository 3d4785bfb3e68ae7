import { either, gcloud, script, unless } from "./shell.ts";
import {
  attributeCondition,
  writersOf,
  IMPERSONATION_ROLE,
  ATTRIBUTE_MAPPING,
  servicesByProject,
  DELETER_ROLE,
  READER_ROLE,
  WRITER_ROLE,
} from "./trusted-roles.ts";
import type { TrustedRoles } from "./trusted-roles.ts";
import { serviceAccountsOf } from "./federated-destination.ts";
import type { ServiceAccount, FederatedDestination } from "./federated-destination.ts";

/** The setup as a shell script. It is idempotent: run again, it keeps or updates what exists. */
export function gcloudCommands(destinations: readonly FederatedDestination[], roles: TrustedRoles): string {
  const [first] = destinations;
  if (first === undefined) return "";
  return script([
    ...[...servicesByProject(destinations)].map(([project, services]) =>
      gcloud("services enable", ...services, `--project=${project}`),
    ),
    ...poolCommands(first, roles),
    ...serviceAccountsOf(destinations).flatMap((account) => accountCommands(account, first, roles)),
    ...destinations.flatMap((destination) => accessCommands(destination, roles)),
  ]);
}

function poolCommands({ pool, provider, projectNumber }: FederatedDestination, roles: TrustedRoles): string[] {
  const at = ["--location=global", `--project=${projectNumber}`];
  const within = [...at, `--workload-identity-pool=${pool}`];
  const mapping = Object.entries(ATTRIBUTE_MAPPING).map((pair) => pair.join("="));
  const settings = [
    `--account-id=${roles.account}`,
    `--attribute-mapping=${mapping.join(",")}`,
    `--attribute-condition=${attributeCondition(roles)}`,
  ];
  const [pools, providers] = ["iam workload-identity-pools", "iam workload-identity-pools providers"];
  return [
    unless(gcloud(`${pools} describe`, pool, ...at), gcloud(`${pools} create`, pool, ...at)),
    either(
      gcloud(`${providers} describe`, provider, ...within),
      gcloud(`${providers} update-aws`, provider, ...within, ...settings),
      gcloud(`${providers} create-aws`, provider, ...within, ...settings),
    ),
  ];
}

/** The roles as principals of IAM at Google. */
function membersOf({ projectNumber, pool }: FederatedDestination, names: readonly string[]): string[] {
  const set = `principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}`;
  return names.map((name) => `${set}/attribute.aws_role/${name}`);
}

/** Creates a service account that the roles can impersonate. */
function accountCommands(
  { email, name, project }: ServiceAccount,
  destination: FederatedDestination,
  roles: TrustedRoles,
): string[] {
  const accounts = "iam service-accounts";
  const own = `--project=${project}`;
  return [
    unless(gcloud(`${accounts} describe`, email, own), gcloud(`${accounts} create`, name, own)),
    ...membersOf(destination, roles.names).map((member) =>
      gcloud(`${accounts} add-iam-policy-binding`, email, own, `--role=${IMPERSONATION_ROLE}`, `--member=${member}`),
    ),
  ];
}

/**
 * Grants access to one repository only, to the service account or else to each role: to read the source; to write to a destination, and where rules
 * ask for it, to delete tags.
 */
function accessCommands(destination: FederatedDestination, roles: TrustedRoles): string[] {
  const { deleter, readers, watchers = [] } = roles;
  const { repository, location, project, serviceAccount, deletesTags, isSource = false } = destination;
  const account = serviceAccount && [`serviceAccount:${serviceAccount.email}`];
  const grants = [
    ...(account ?? membersOf(destination, isSource ? readers : writersOf(roles))).map(
      (member) => [isSource ? READER_ROLE : WRITER_ROLE, member] as const,
    ),
    ...(account !== undefined || isSource ? [] : membersOf(destination, watchers)).map(
      (member) => [READER_ROLE, member] as const,
    ),
    ...(deletesTags ? (account ?? membersOf(destination, [deleter])) : []).map(
      (member) => [DELETER_ROLE, member] as const,
    ),
  ];
  return grants.map(([role, member]) =>
    gcloud(
      "artifacts repositories add-iam-policy-binding",
      repository,
      `--location=${location}`,
      `--project=${project}`,
      `--role=${role}`,
      `--member=${member}`,
    ),
  );
}
