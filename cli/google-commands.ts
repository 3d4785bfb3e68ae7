import type { TrustingPlace } from "./trusting-place.ts";

/** The roles that Google has to trust, and the AWS account they are in. */
export interface TrustedRoles {
  readonly account: string;
  /** Role names. */
  readonly names: readonly string[];
}

/** Google takes 127 bytes of subject: the role's name alone, not the ARN with the session's name. */
const MAPPING = [
  "google.subject=assertion.arn.extract('assumed-role/{role}/')",
  "attribute.aws_role=assertion.arn.extract('assumed-role/{role}/')",
  "attribute.account=assertion.account",
].join(",");

const SERVICES = ["iam", "iamcredentials", "sts", "artifactregistry"].map((name) => `${name}.googleapis.com`);

export function conditionOf({ account, names }: TrustedRoles): string {
  const list = names.map((name) => `'${name}'`).join(", ");
  return `attribute.account == '${account}' && attribute.aws_role in [${list}]`;
}

/** The roles as Google's principals. */
function membersOf(place: TrustingPlace, { names }: TrustedRoles): string[] {
  const pool = `projects/${place.projectNumber}/locations/global/workloadIdentityPools/${place.pool}`;
  return names.map((name) => `principalSet://iam.googleapis.com/${pool}/attribute.aws_role/${name}`);
}

/** Who writes: the service account, or each role as it is. */
function writersOf(place: TrustingPlace, roles: TrustedRoles): string[] {
  return place.serviceAccount === undefined ? membersOf(place, roles) : [`serviceAccount:${place.serviceAccount}`];
}

/** A service account's name and project, as its e-mail has them. */
function accountOf(email: string): { readonly name: string; readonly project: string } {
  const [name = "", host = ""] = email.split("@");
  return { name, project: host.split(".")[0] ?? "" };
}

/** One word for a POSIX shell, quoted where it is not plain: in single quotes nothing has a meaning. */
function quoted(word: string): string {
  if (/^[A-Za-z0-9@%+=:,./_-]+$/.test(word)) return word;
  if (!/["$`\\!]/.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** An option keeps its name before the quotes: `--member="..."`. */
function wordOf(word: string): string {
  const [, option = "", value = word] = /^(--[a-z-]+=)([\s\S]*)$/.exec(word) ?? [];
  return `${option}${quoted(value)}`;
}

/** A command: what to do, and words, each as it is. */
function command(verb: string, ...words: readonly string[]): string {
  return `gcloud ${verb} ${words.map(wordOf).join(" ")}`;
}

/** The commands, in order; each can be run again after it has failed. */
export function gcloudCommands(places: readonly TrustingPlace[], roles: TrustedRoles): string {
  const [first] = places;
  if (first === undefined) return "";
  const poolAt = ["--location=global", `--project=${first.projectNumber}`];
  const accounts = new Map(places.map((place) => [place.serviceAccount, place]));
  const lines = [
    command("services enable", ...SERVICES, `--project=${first.project}`),
    command("iam workload-identity-pools create", first.pool, ...poolAt),
    command(
      "iam workload-identity-pools providers create-aws",
      first.provider,
      ...poolAt,
      `--workload-identity-pool=${first.pool}`,
      `--account-id=${roles.account}`,
      `--attribute-mapping=${MAPPING}`,
      `--attribute-condition=${conditionOf(roles)}`,
    ),
  ];
  for (const [email, place] of accounts) if (email !== undefined) lines.push(...accountCommands(email, place, roles));
  for (const place of places) lines.push(...writerCommands(place, roles));
  return `${lines.join("\n")}\n`;
}

/** A service account that the roles may become. */
function accountCommands(email: string, place: TrustingPlace, roles: TrustedRoles): string[] {
  const { name, project } = accountOf(email);
  return [
    command("iam service-accounts create", name, `--project=${project}`),
    ...membersOf(place, roles).map((member) =>
      command(
        "iam service-accounts add-iam-policy-binding",
        email,
        `--project=${project}`,
        "--role=roles/iam.workloadIdentityUser",
        `--member=${member}`,
      ),
    ),
  ];
}

/** Writing to one repository, and nothing else. */
function writerCommands(place: TrustingPlace, roles: TrustedRoles): string[] {
  const { repository, location, project } = place;
  return writersOf(place, roles).map((member) =>
    command(
      "artifacts repositories add-iam-policy-binding",
      repository,
      `--location=${location}`,
      `--project=${project}`,
      "--role=roles/artifactregistry.writer",
      `--member=${member}`,
    ),
  );
}

/** The same as Terraform resources. */
export function terraform(places: readonly TrustingPlace[], roles: TrustedRoles): string {
  const [first] = places;
  if (first === undefined) return "";
  const blocks = [
    block("google_iam_workload_identity_pool", "freightliner", {
      project: first.projectNumber,
      workload_identity_pool_id: first.pool,
    }),
    `resource "google_iam_workload_identity_pool_provider" "freightliner" {
  project                            = ${text(first.projectNumber)}
  workload_identity_pool_id          = google_iam_workload_identity_pool.freightliner.workload_identity_pool_id
  workload_identity_pool_provider_id = ${text(first.provider)}
  attribute_condition                = ${text(conditionOf(roles))}
  attribute_mapping = {
${MAPPING.split(",")
  .map((pair) => pair.split("="))
  .map(([name, ...value]) => `    "${name}" = ${text(value.join("="))}`)
  .join("\n")}
  }
  aws {
    account_id = ${text(roles.account)}
  }
}
`,
  ];
  const emails = new Set(places.flatMap(({ serviceAccount }) => serviceAccount ?? []));
  for (const email of emails) blocks.push(...serviceAccountBlocks(email, first, roles));
  for (const place of places) blocks.push(...writerBlocks(place, roles));
  return blocks.join("\n");
}

function serviceAccountBlocks(email: string, place: TrustingPlace, roles: TrustedRoles): string[] {
  const { name, project } = accountOf(email);
  const id = identifier(name);
  return [
    block("google_service_account", id, { project, account_id: name }),
    ...membersOf(place, roles).map((member, index) =>
      block("google_service_account_iam_member", `${id}_${identifier(roles.names[index] ?? "")}`, {
        service_account_id: `projects/${project}/serviceAccounts/${email}`,
        role: "roles/iam.workloadIdentityUser",
        member,
      }),
    ),
  ];
}

function writerBlocks(place: TrustingPlace, roles: TrustedRoles): string[] {
  const { repository, location, project, destination } = place;
  return writersOf(place, roles).map((member, index) =>
    block("google_artifact_registry_repository_iam_member", `${identifier(destination)}_${index}`, {
      project,
      location,
      repository,
      role: "roles/artifactregistry.writer",
      member,
    }),
  );
}

function block(type: string, name: string, values: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(values).map((key) => key.length));
  const lines = Object.entries(values).map(([key, value]) => `  ${key.padEnd(width)} = ${text(value)}`);
  return `resource "${type}" "${name}" {\n${lines.join("\n")}\n}\n`;
}

/** A string of HCL: no quotes, line ends, or templates of its own (Terraform language, "Strings and Templates"). */
function text(value: string): string {
  return JSON.stringify(value).replaceAll(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);
}

function identifier(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, "_");
}
