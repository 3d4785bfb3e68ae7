import { CreateRepositoryCommand } from "@aws-sdk/client-ecr";
import type { ECRClient } from "@aws-sdk/client-ecr";
import { createSingleFlight } from "../../async/single-flight.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { RepositoryName } from "../../oci/reference.ts";

/** Creates repositories of one account's ECR registry (ECR API reference, CreateRepository). Concurrent calls for one name share a request. */
export function createEcrRepositories(
  client: ECRClient,
  registryId: string,
): (name: RepositoryName, signal: AbortSignal) => Promise<void> {
  const flights = createSingleFlight<void>();
  return (repositoryName, signal) =>
    flights.run(
      repositoryName,
      async (working) => {
        const command = new CreateRepositoryCommand({ registryId, repositoryName });
        await client.send(command, { abortSignal: working }).catch((cause: unknown) => {
          if (!isAlreadyThere(cause)) throw failed(repositoryName, cause);
        });
      },
      signal,
    );
}

function isAlreadyThere(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "RepositoryAlreadyExistsException";
}

/** A refusal is final until a permission or a quota changes; everything else may pass. */
function failed(subject: string, cause: unknown): RegistryError {
  const isRefused =
    cause instanceof Error && /AccessDenied|LimitExceeded|InvalidParameter|InvalidTagParameter/.test(cause.name);
  const category = isRefused ? "permanent" : "deferred";
  const problem =
    "the repository does not exist, and CreateRepository failed; check that the role may call ecr:CreateRepository";
  return new RegistryError({ side: "target", operation: "start-upload", subject, category, code: "DENIED" }, problem, {
    cause,
  });
}
