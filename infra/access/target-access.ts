import { Aws, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import { accountAndRegion } from "../../src/contract/providers/ecr.ts";

/** What a push needs (ECR user guide, "IAM permissions for pushing an image"), and reading it back. */
const PUSH = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:CompleteLayerUpload",
  "ecr:GetDownloadUrlForLayer",
  "ecr:InitiateLayerUpload",
  "ecr:ListImages",
  "ecr:PutImage",
  "ecr:UploadLayerPart",
];
/** What a comparison asks of a destination. */
const COMPARE = ["ecr:BatchGetImage", "ecr:ListImages"];
/** A canary is looked up by its tag. */
const LOOK_UP = ["ecr:BatchGetImage"];
/** A verification asks for every manifest and every blob. */
const INSPECT = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:GetDownloadUrlForLayer",
  "ecr:ListImages",
];
/** A probe opens an upload. */
const PROBE = ["ecr:InitiateLayerUpload"];

/** The roles that access destinations. */
export interface DestinationRoles {
  readonly copiers: readonly IRole[];
  readonly probe: IRole;
  readonly reconcile: IRole;
  /** That of the canary function, if there is one. */
  readonly canary?: IRole | undefined;
  /** That of the inspect function, if there are jobs. */
  readonly inspect?: IRole | undefined;
}

/**
 * Allows roles to use the destinations that are ECR registries, below their prefixes. A registry of another account must also allow them in
 * the policies of its repositories (ECR user guide, "Private repository policies").
 */
export function allowEcrDestinations(roles: DestinationRoles, destinations: readonly Destination[]): void {
  const places = destinations.filter(({ access }) => access.login.kind === "ecr");
  if (places.length === 0) return;
  const created = places.filter(({ access }) => access.creation !== undefined);
  for (const role of roles.copiers) {
    allow(role, PUSH, places);
    if (created.length > 0) allow(role, ["ecr:CreateRepository"], created);
  }
  allow(roles.reconcile, COMPARE, places);
  allow(roles.probe, PROBE, places);
  const canary = roles.canary === undefined ? [] : [roles.canary];
  for (const role of canary) allow(role, LOOK_UP, places);
  const inspect = roles.inspect === undefined ? [] : [roles.inspect];
  for (const role of inspect) allow(role, INSPECT, places);
  for (const role of [...roles.copiers, roles.reconcile, roles.probe, ...canary, ...inspect]) {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
    Validations.of(role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "ecr:GetAuthorizationToken supports no resources; all other statements of this policy name theirs.",
    });
  }
}

function allow(role: IRole, actions: string[], places: readonly Destination[]): void {
  const resources = places.map(repositoriesBelow);
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [...new Set(resources)] }));
  Validations.of(role).acknowledge(
    ...places.map(({ access, prefix }) => ({
      id: `AwsSolutions-IAM5[Resource::${repositoriesBelow({ access, prefix }).replace(Aws.PARTITION, "<AWS::Partition>")}]`,
      reason: "The repositories of a destination: all below its prefix, because rules decide their names.",
    })),
  );
}

function repositoriesBelow({ access, prefix }: Pick<Destination, "access" | "prefix">): string {
  const { account = "*", region = "*" } = accountAndRegion(access.registry) ?? {};
  return `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${prefix}/*`;
}
