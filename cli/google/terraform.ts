import { hcl, quoted, template } from "./hcl.ts";
import type { Block, Expression } from "./hcl.ts";
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

const POOL = "google_iam_workload_identity_pool.freightliner";

/**
 * The setup as Terraform resources. Every dependency is a reference or in `depends_on`, so that the first `terraform apply` creates the
 * resources in a working order.
 */
export function terraform(destinations: readonly FederatedDestination[], roles: TrustedRoles): string {
  const [first] = destinations;
  if (first === undefined) return "";
  const services = serviceBlocks(destinations);
  const on = { hcl: `[${services.map(({ head }) => addressOf(head)).join(", ")}]` };
  return hcl([
    ...services,
    ...poolBlocks(first, roles, on),
    ...serviceAccountsOf(destinations).flatMap((account) => accountBlocks(account, roles, on)),
    ...destinations.flatMap((destination) => accessBlocks(destination, roles, on)),
  ]);
}

function resource(type: string, name: string): string {
  return `resource ${quoted(type)} ${quoted(name)}`;
}

/** The address `type.name` of a resource, from the head of its block. */
function addressOf(head: string): string {
  return [...head.matchAll(/"([^"]+)"/g)].map(([, part]) => part).join(".");
}

function serviceBlocks(destinations: readonly FederatedDestination[]): Block[] {
  return [...servicesByProject(destinations)].flatMap(([project, services]) =>
    services.map((service) => ({
      head: resource("google_project_service", identifier(`${project}_${service.split(".")[0] ?? ""}`)),
      // Other software in the project may use the API.
      attributes: { project, service, disable_on_destroy: { hcl: "false" } },
    })),
  );
}

function poolBlocks(destination: FederatedDestination, roles: TrustedRoles, on: Expression): Block[] {
  const project = destination.projectNumber;
  return [
    {
      head: resource("google_iam_workload_identity_pool", "freightliner"),
      attributes: { project, workload_identity_pool_id: destination.pool, depends_on: on },
    },
    {
      head: resource("google_iam_workload_identity_pool_provider", "freightliner"),
      attributes: {
        project,
        workload_identity_pool_id: { hcl: `${POOL}.workload_identity_pool_id` },
        workload_identity_pool_provider_id: destination.provider,
        attribute_condition: attributeCondition(roles),
        attribute_mapping: ATTRIBUTE_MAPPING,
      },
      blocks: [{ head: "aws", attributes: { account_id: roles.account } }],
    },
  ];
}

/** A role as a principal of the pool that these resources create. */
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

/** As `accessCommands` of gcloud.ts. */
function accessBlocks(destination: FederatedDestination, roles: TrustedRoles, on: Expression): Block[] {
  const { repository, location, project, serviceAccount, deletesTags, isSource = false } = destination;
  const account = serviceAccount && { hcl: `google_service_account.${identifier(serviceAccount.email)}.member` };
  const [access, role, names] = isSource
    ? (["reader", READER_ROLE, roles.readers] as const)
    : (["writer", WRITER_ROLE, writersOf(roles)] as const);
  const users =
    account === undefined
      ? names.map((name) => [isSource ? `reader_${identifier(name)}` : identifier(name), role, memberOf(name)] as const)
      : [[access, role, account] as const];
  const watchers =
    account !== undefined || isSource
      ? []
      : (roles.watchers ?? []).map((name) => [identifier(name), READER_ROLE, memberOf(name)] as const);
  const deleters = deletesTags ? [["deleter", DELETER_ROLE, account ?? memberOf(roles.deleter)] as const] : [];
  return [...users, ...watchers, ...deleters].map(([name, role, member]) => ({
    head: resource("google_artifact_registry_repository_iam_member", `${identifier(destination.destination)}_${name}`),
    attributes: { project, location, repository, role, member, depends_on: on },
  }));
}

/** A valid Terraform name: letters, digits, underscores and hyphens, not starting with a digit. */
function identifier(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9-]/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
