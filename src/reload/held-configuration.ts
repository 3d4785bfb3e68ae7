import type { Configuration } from "../contract/configuration/configuration.ts";
import { ConfigurationError } from "../contract/configuration/configuration.ts";
import { differingFields } from "../contract/layers/differing-fields.ts";
import { describeError } from "../contract/telemetry/observer.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import { loadCandidate } from "./candidate.ts";
import type { DeployedConfiguration } from "./candidate.ts";
import type { ExternalDocument } from "./external-document.ts";
import type { LayeredConfiguration } from "./layered.ts";

/** The configuration in force. It is replaced as a whole, between two invocations. */
export interface HeldConfiguration {
  configuration(): Configuration;
  /** Whether the source's document was refused. */
  isRefusing(): boolean;
  /** The document in force, if this process got it from the source. */
  accepted(): ExternalDocument | undefined;
  /** Uses the source's document, if it is good. Never throws. */
  consider(document: ExternalDocument): Promise<void>;
  /** Uses a document that another process accepted, if it is good with this deployment. Never throws. */
  recall(document: ExternalDocument): Promise<void>;
}

/** Holds the last good configuration: at first the deployed one. */
export function holdConfiguration(deployed: DeployedConfiguration, observer: Observer): HeldConfiguration {
  let inForce: LayeredConfiguration = deployed;
  let accepted: ExternalDocument | undefined;
  let [seen, recalled]: (string | undefined)[] = [];
  let isRefusing = false;

  async function use({ text, label }: ExternalDocument, refusal: string): Promise<boolean> {
    const { version } = inForce.configuration;
    try {
      const candidate = await loadCandidate(text, deployed);
      const { configuration, document } = candidate;
      if (configuration.version !== version) {
        const changed = differingFields(inForce.document, document).join(", ");
        inForce = candidate;
        observer.info("Configuration reloaded", { configuration: configuration.version, label, changed });
      }
      return true;
    } catch (error) {
      // Whatever is wrong with it: the source does not return it again.
      observer.error(refusal, { configuration: version, label, problems: describeError(problemsOf(error)) });
      return false;
    }
  }

  return {
    configuration: () => inForce.configuration,
    isRefusing: () => isRefusing,
    accepted: () => accepted,
    async consider(document) {
      // A new session returns the document again.
      if (document.text === seen) return;
      isRefusing = !(await use(document, "Configuration refused; the last good one stays"));
      if (!isRefusing) accepted = document;
      seen = document.text;
    },
    async recall(document) {
      if (document.text === recalled) return;
      recalled = document.text;
      await use(document, "The last good configuration is not valid with the deployed one, which decides alone");
    },
  };
}

function problemsOf(error: unknown): unknown {
  return error instanceof ConfigurationError ? new Error(error.problems.join("; ")) : error;
}
