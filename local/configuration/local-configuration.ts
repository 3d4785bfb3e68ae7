import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";
import { systemClock } from "../../src/async/system-clock.ts";
import { createAppConfigDocument } from "../../src/aws/appconfig/appconfig-document.ts";
import type { ConfigurationDocument } from "../../src/contract/configuration/configuration-document.ts";
import type { Layer } from "../../src/contract/layers/layer-configuration.ts";
import { FUNCTION_VARIABLES } from "../../src/contract/stack/environment.ts";
import type { ConfiguredEnvironment } from "../../src/contract/stack/environment.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { loadCandidate, loadDeployed } from "../../src/reload/candidate.ts";
import type { DeployedConfiguration } from "../../src/reload/candidate.ts";
import type { ConfigurationFeed } from "../../src/reload/configuration-feed.ts";
import { placedProblems } from "../../src/reload/refused-layers.ts";
import { createPolledFeed } from "../../src/reload/polled-feed.ts";
import { environmentDocument, flagsDocument, singleValues } from "../../src/reload/single-values.ts";
import { awsConfigOf } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startAppConfigData } from "../emulators/appconfig-data.ts";

const PROFILE = { application: "freightliner", environment: "local", profile: "document" };
/** Interval of polls, in seconds: short, because the user watches. AppConfig allows no less than 15. */
const POLL_SECONDS = 1;

export interface LocalConfigurationOptions {
  /** What the stack is made of. */
  readonly document: ConfigurationDocument;
  /** Where the document is written for the functions. */
  readonly directory: string;
  readonly key: AccessKeyId;
  /** The external document to begin with. */
  readonly external?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  /** Variables of the user that may set single values. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The configuration of a local stack: a file, and an external document that an emulator of AppConfig serves. */
export interface LocalConfiguration {
  readonly deployed: DeployedConfiguration;
  /** The variables by which the functions find it. */
  readonly variables: Readonly<Record<string, string>> & Pick<ConfiguredEnvironment, "FREIGHTLINER_CONFIGURATION_FILE">;
  /** Deploys an external document. The functions check it when they poll it. */
  deploy(text: string): void;
  /** A feed over the same emulator, for a process that watches. */
  feed(observer: Observer): ConfigurationFeed;
}

/**
 * Writes the file, starts the emulator, and checks everything; `stack` closes it.
 * @throws {ConfigurationError} when the external document, a flag or a variable is not valid.
 */
export async function startLocalConfiguration(
  { document, directory, key, external = "{}", flags = [], variables = {} }: LocalConfigurationOptions,
  stack: AsyncDisposableStack,
): Promise<LocalConfiguration> {
  const names = document.destinations.map(({ name }) => name);
  const layers: readonly Layer[] = [
    { name: "file", document },
    { name: "flags", document: flagsDocument(flags, names) },
    { name: "environment", document: environmentDocument(variables, names, FUNCTION_VARIABLES) },
  ];
  const deployed = await loadDeployed(layers).catch((error: unknown) => {
    throw placedProblems(error, layers, names);
  });
  await loadCandidate(external, deployed);
  const path = join(directory, "configuration.json");
  await writeFile(path, JSON.stringify(document));
  const service = await startAppConfigData({ ...PROFILE, pollSeconds: POLL_SECONDS, key });
  stack.defer(() => service.close());
  // Feeds are opened later, when `stack` has been moved to its owner.
  const clients = stack.use(new DisposableStack());
  service.deploy({ content: external });
  return {
    deployed,
    variables: {
      ...ownVariables(variables, names),
      FREIGHTLINER_CONFIGURATION_FILE: path,
      FREIGHTLINER_APPCONFIG: Object.values(PROFILE).join("/"),
      FREIGHTLINER_FLAGS: JSON.stringify(flags),
      AWS_ENDPOINT_URL_APPCONFIGDATA: service.endpoint,
    },
    deploy: (text) => service.deploy({ content: text }),
    feed(observer) {
      const client = new AppConfigDataClient({ ...awsConfigOf(key), endpoint: service.endpoint });
      clients.defer(() => client.destroy());
      return createPolledFeed({
        deployed,
        source: createAppConfigDocument(client, PROFILE),
        clock: systemClock,
        observer,
      });
    },
  };
}

/** The variables of the user that set single values, and those of OpenTelemetry. */
function ownVariables(
  variables: Readonly<Record<string, string | undefined>>,
  destinations: readonly string[],
): Record<string, string> {
  const single = singleValues(destinations).map(({ variable }) => variable);
  const names = [...single, ...Object.keys(variables).filter((name) => name.startsWith("OTEL_"))];
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = variables[name];
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
}
