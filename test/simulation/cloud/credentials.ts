import type { Login } from "../../../src/contract/providers/provider.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { cachedCredentials } from "../../../src/registry/credentials/cached-credentials.ts";
import { fixedCredentials } from "../../../src/registry/credentials/credentials.ts";
import type { Credentials, CredentialsSource } from "../../../src/registry/credentials/credentials.ts";
import type { Cloud } from "./cloud.ts";
import type { Process } from "../world/process.ts";

const HOUR_MS = 3_600_000;

/** Logins of one process: temporary credentials of AWS or Google, cached as in production. */
export function credentialsOf({ world, passwords }: Cloud, process: Process): (login: Login) => CredentialsSource {
  const cached = (side: "source" | "target", lifeMs: number, issue: () => Credentials): CredentialsSource =>
    cachedCredentials(async (signal) => {
      const about = { side, operation: "get-credentials", subject: "a login" } as const;
      const credentials = await process.call({
        service: "logins",
        what: `logs in to the ${side}`,
        effect: () => (world.outage("logins") === "forbidden" ? undefined : issue()),
        failure: () => new RegistryError({ ...about, category: "deferred" }, "simulated"),
        isRead: true,
        signal,
        weight: 0.2,
      });
      // The role is denied or not trusted (AccessDenied of ECR, 4xx of the Security Token Service).
      if (credentials === undefined) throw new RegistryError({ ...about, category: "permanent" }, "simulated");
      return { credentials, expiresAt: process.clock.now() + lifeMs };
    }, process.clock.now);
  return (login) => {
    switch (login.kind) {
      case "anonymous":
        return fixedCredentials({ kind: "anonymous" });
      case "ecr":
        // ECR API reference, GetAuthorizationToken: valid for twelve hours.
        return cached("source", 12 * HOUR_MS, () => {
          const password = passwords.ecr.issue(12 * HOUR_MS);
          return { kind: "basic", username: "AWS", password };
        });
      case "stored":
      // A stored secret does not expire; here it stands for whatever the destination accepts.
      case "google":
      case "google-key":
        // Tokens of the Security Token Service are valid for an hour.
        return cached("target", HOUR_MS, () => ({ kind: "registry-token", token: passwords.google.issue(HOUR_MS) }));
    }
  };
}
