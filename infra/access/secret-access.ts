import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { serviceDomain } from "../../src/contract/stack/partition.ts";
import type { StoredSecret } from "../../src/contract/providers/provider.ts";

/** Reading the secrets that log in to the destinations, and no others; and decrypting those that have a key of their own. */
export function allowSecrets(users: readonly IRole[], { destinations }: Configuration): void {
  const named = destinations.flatMap(({ access: { login } }) => ("secret" in login ? [login.secret] : []));
  if (named.length === 0) return;
  const resources = [...new Set(named.map(({ arn }) => arn))];
  const statements = [
    () => new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources }),
    ...decryptions(named),
  ];
  for (const user of users) for (const create of statements) user.addToPrincipalPolicy(create());
}

/**
 * Each key through Secrets Manager only, and for these secrets only (Secrets Manager user guide, "Secret encryption and decryption in AWS
 * Secrets Manager", "Encryption context"). The key's policy has to let the account's policies decide, or name the roles.
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

/** The service as `kms:ViaService` names it: that of the secret's region. */
function secretsManagerOf(arn: string): string {
  const region = arn.split(":")[3] ?? "";
  return `secretsmanager.${region}.${serviceDomain(region)}`;
}
