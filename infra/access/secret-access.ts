import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { serviceDomain } from "../../src/contract/stack/partition.ts";
import type { StoredSecret } from "../../src/contract/providers/provider.ts";

/** Allows roles to read exactly the secrets of the source and the destinations. */
export function allowSecrets(roles: readonly IRole[], { source, destinations }: Configuration): void {
  const logins = [source, ...destinations].map(({ access: { login } }) => login);
  allowReadingSecrets(
    roles,
    logins.flatMap((login) => ("secret" in login ? [login.secret] : [])),
  );
}

/** Allows roles to read exactly these secrets, and to decrypt those with their own KMS key. */
export function allowReadingSecrets(roles: readonly IRole[], secrets: readonly StoredSecret[]): void {
  if (secrets.length === 0) return;
  const resources = [...new Set(secrets.map(({ arn }) => arn))];
  const statements = [
    () => new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources }),
    ...decryptions(secrets),
  ];
  for (const role of roles) for (const create of statements) role.addToPrincipalPolicy(create());
}

/**
 * Decryption through Secrets Manager only, and for these secrets only (Secrets Manager user guide, "Secret encryption and decryption in AWS
 * Secrets Manager", "Encryption context"). The key's own policy must delegate to IAM policies of the account, or name the roles.
 */
function decryptions(secrets: readonly StoredSecret[]): readonly (() => PolicyStatement)[] {
  const byKey = Map.groupBy(secrets, ({ encryptionKey }) => encryptionKey);
  return [...byKey].flatMap(([key, encrypted]) => {
    if (key === undefined) return [];
    const arns = [...new Set(encrypted.map(({ arn }) => arn))];
    const services = [...new Set(arns.map(secretsManagerOf))];
    return [
      () =>
        new PolicyStatement({
          actions: ["kms:Decrypt"],
          resources: [key],
          conditions: { StringEquals: { "kms:ViaService": services, "kms:EncryptionContext:SecretARN": arns } },
        }),
    ];
  });
}

/** Secrets Manager in the secret's region, as `kms:ViaService` names it. */
function secretsManagerOf(arn: string): string {
  const region = arn.split(":")[3] ?? "";
  return `secretsmanager.${region}.${serviceDomain(region)}`;
}
