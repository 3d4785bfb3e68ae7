import * as z from "zod";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { loadCandidate } from "../../src/reload/candidate.ts";
import type { DeployedConfiguration } from "../../src/reload/candidate.ts";

/** The event of a validator (AWS AppConfig user guide, "Understanding validators"). */
const ValidatorEvent = z.object({
  /** The document, in base64. */
  content: z.string(),
  configurationVersion: z.string().optional(),
});

export interface ValidateDependencies {
  readonly deployed: DeployedConfiguration;
  readonly observer: Pick<Observer, "info" | "warn">;
}

/**
 * Checks an external document before AppConfig deploys it, with the code that the functions use when they poll it.
 * @throws {ConfigurationError} with every problem: then AppConfig does not begin the deployment.
 */
export function createHandler({ deployed, observer }: ValidateDependencies) {
  return async (event: unknown): Promise<{ readonly configuration: string }> => {
    const { content, configurationVersion } = ValidatorEvent.parse(event);
    try {
      const { configuration } = await loadCandidate(Buffer.from(content, "base64").toString(), deployed);
      observer.info("Configuration is valid", { configuration: configuration.version, hosted: configurationVersion });
      return { configuration: configuration.version };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const problems = describeError(new Error(error.problems.join("; ")));
      observer.warn("Configuration refused before its deployment", { hosted: configurationVersion, problems });
      throw error;
    }
  };
}
