import { hcl, quoted, template } from "./hcl.ts";
import type { Block, Expression } from "./hcl.ts";
import {
  attributeCondition,
  IMPERSONATION_ROLE,
  ATTRIBUTE_MAPPING,
  servicesByProject,
  WRITER_ROLE,
} from "./trusted-roles.ts";
import type { TrustedRoles } from "./trusted-roles.ts";
import type { ServiceAccount, FederatedDestination } from "./federated-destination.ts";

const POOL = "google_iam_workload_identity_pool.freightliner";

/**
 * The same as Terraform resources. What one resource needs of another is a reference, or stands in `depends_on`: Terraform makes them in an
 * order that works the first time.
 */
export function terraform(places: readonly FederatedDestination[], roles: TrustedRoles): string {
  const [first] = places;
  if (first === undefined) return "";
  const accounts = new Map(places.flatMap(({ serviceAccount: each }) => (each ? [[each.email, each] as const] : [])));
  const services = serviceBlocks(places);
  const on = { hcl: `[${services.map(({ head }) => addressOf(head)).join(", ")}]` };
  return hcl([
    ...services,
    ...poolBlocks(first, roles, on),
    ...[...accounts.values()].flatMap((account) => accountBlocks(account, roles, on)),
    ...places.flatMap((place) => writerBlocks(place, roles, on)),
  ]);
}

function resource(type: string, name: string): string {
  return `resource ${quoted(type)} ${quoted(name)}`;
}

/** `type.name` of a resource. */
function addressOf(head: string): string {
  return [...head.matchAll(/"([^"]+)"/g)].map(([, part]) => part).join(".");
}

function serviceBlocks(places: readonly FederatedDestination[]): Block[] {
  return [...servicesByProject(places)].flatMap(([project, services]) =>
    services.map((service) => ({
      head: resource("google_project_service", identifier(`${project}_${service.split(".")[0] ?? ""}`)),
      // Others in the project may use it, too.
      attributes: { project, service, disable_on_destroy: { hcl: "false" } },
    })),
  );
}

function poolBlocks(place: FederatedDestination, roles: TrustedRoles, on: Expression): Block[] {
  const project = place.projectNumber;
  return [
    {
      head: resource("google_iam_workload_identity_pool", "freightliner"),
      attributes: { project, workload_identity_pool_id: place.pool, depends_on: on },
    },
    {
      head: resource("google_iam_workload_identity_pool_provider", "freightliner"),
      attributes: {
        project,
        workload_identity_pool_id: { hcl: `${POOL}.workload_identity_pool_id` },
        workload_identity_pool_provider_id: place.provider,
        attribute_condition: attributeCondition(roles),
        attribute_mapping: ATTRIBUTE_MAPPING,
      },
      blocks: [{ head: "aws", attributes: { account_id: roles.account } }],
    },
  ];
}

/** A role as Google's principal, of the pool that is made here. */
function memberOf(role: string): Expression {
  return template("principalSet://iam.googleapis.com/", { hcl: `${POOL}.name` }, `/attribute.aws_role/${role}`);
}

function accountBlocks({ email, name, project }: ServiceAccount, roles: TrustedRoles, on: Expression): Block[] {
  const id = identifier(email);
  return [
    {
      head: resource("google_service_account", id),
      attributes: { project, account_id: name, depends_on: on },
    },
    ...roles.names.map((role) => ({
      head: resource("google_service_account_iam_member", `${id}_${identifier(role)}`),
      attributes: {
        service_account_id: { hcl: `google_service_account.${id}.name` },
        role: IMPERSONATION_ROLE,
        member: memberOf(role),
      },
    })),
  ];
}

function writerBlocks(place: FederatedDestination, roles: TrustedRoles, on: Expression): Block[] {
  const { repository, location, project, destination, serviceAccount } = place;
  const writers =
    serviceAccount === undefined
      ? roles.names.map((role) => [identifier(role), memberOf(role)] as const)
      : [["writer", { hcl: `google_service_account.${identifier(serviceAccount.email)}.member` }] as const];
  return writers.map(([name, member]) => ({
    head: resource("google_artifact_registry_repository_iam_member", `${identifier(destination)}_${name}`),
    attributes: { project, location, repository, role: WRITER_ROLE, member, depends_on: on },
  }));
}

/** A name that Terraform takes: letters, digits, underscores and hyphens, with no digit at its beginning. */
function identifier(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9-]/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
