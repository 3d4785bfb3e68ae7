import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { destinationAccess } from "../src/contract/configuration-document.ts";
import type { Configuration } from "../src/contract/configuration.ts";

/** Reading the secrets that the destinations name, and no others. Who may decrypt them is a matter of the secrets' own key. */
export function allowKeys(users: readonly IRole[], { destinations }: Configuration): void {
  const secrets = destinations.flatMap((destination) => {
    const { login } = destinationAccess(destination);
    return login.kind === "google-key" ? [login.secret] : [];
  });
  if (secrets.length === 0) return;
  const resources = [...new Set(secrets)];
  for (const user of users) {
    user.addToPrincipalPolicy(new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources }));
  }
}
