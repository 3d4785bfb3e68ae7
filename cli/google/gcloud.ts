import { either, gcloud, script, unless } from "./shell.ts";
import {
  attributeCondition,
  IMPERSONATION_ROLE,
  ATTRIBUTE_MAPPING,
  servicesByProject,
  WRITER_ROLE,
} from "./trusted-roles.ts";
import type { TrustedRoles } from "./trusted-roles.ts";
import type { ServiceAccount, FederatedDestination } from "./federated-destination.ts";

/** The commands, in order, for a shell. They can be run again, after a failure and after a change: what is there is kept, or brought up to date. */
export function gcloudCommands(places: readonly FederatedDestination[], roles: TrustedRoles): string {
  const [first] = places;
  if (first === undefined) return "";
  const accounts = new Map(places.flatMap(({ serviceAccount: each }) => (each ? [[each.email, each] as const] : [])));
  return script([
    ...[...servicesByProject(places)].map(([project, services]) =>
      gcloud("services enable", ...services, `--project=${project}`),
    ),
    ...poolCommands(first, roles),
    ...[...accounts.values()].flatMap((account) => accountCommands(account, first, roles)),
    ...places.flatMap((place) => writerCommands(place, roles)),
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

/** The roles as Google's principals. */
function membersOf({ projectNumber, pool }: FederatedDestination, { names }: TrustedRoles): string[] {
  const set = `principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}`;
  return names.map((name) => `${set}/attribute.aws_role/${name}`);
}

/** A service account that the roles may become. */
function accountCommands(
  { email, name, project }: ServiceAccount,
  place: FederatedDestination,
  roles: TrustedRoles,
): string[] {
  const accounts = "iam service-accounts";
  const own = `--project=${project}`;
  return [
    unless(gcloud(`${accounts} describe`, email, own), gcloud(`${accounts} create`, name, own)),
    ...membersOf(place, roles).map((member) =>
      gcloud(`${accounts} add-iam-policy-binding`, email, own, `--role=${IMPERSONATION_ROLE}`, `--member=${member}`),
    ),
  ];
}

/** Writing to one repository, and nothing else: for the service account, or each role as it is. */
function writerCommands(place: FederatedDestination, roles: TrustedRoles): string[] {
  const { repository, location, project, serviceAccount } = place;
  const writers = serviceAccount === undefined ? membersOf(place, roles) : [`serviceAccount:${serviceAccount.email}`];
  return writers.map((member) =>
    gcloud(
      "artifacts repositories add-iam-policy-binding",
      repository,
      `--location=${location}`,
      `--project=${project}`,
      `--role=${WRITER_ROLE}`,
      `--member=${member}`,
    ),
  );
}
