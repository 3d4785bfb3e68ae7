import { GetLatestConfigurationCommand, StartConfigurationSessionCommand } from "@aws-sdk/client-appconfigdata";
import type { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";
import type { AppConfigProfile } from "../../contract/stack/environment.ts";
import type { DocumentSource } from "../../reload/external-document.ts";
import { untilAborted } from "../client/until-aborted.ts";

/** Seconds between two polls of a container; a session allows at least 15 (AppConfig API, "StartConfigurationSession"). */
const POLL_SECONDS = 30;

/**
 * Polls a configuration profile of AWS AppConfig. A session belongs to one container: a gradual deployment decides by it which version the
 * container gets, and a response has no content when the session has it already (AppConfig API, "GetLatestConfiguration").
 */
export function createAppConfigDocument(client: AppConfigDataClient, profile: AppConfigProfile): DocumentSource {
  let token: string | undefined;

  async function startSession(signal: AbortSignal): Promise<string | undefined> {
    const command = new StartConfigurationSessionCommand({
      ApplicationIdentifier: profile.application,
      EnvironmentIdentifier: profile.environment,
      ConfigurationProfileIdentifier: profile.profile,
      RequiredMinimumPollIntervalInSeconds: POLL_SECONDS,
    });
    return (await untilAborted(signal, (options) => client.send(command, options))).InitialConfigurationToken;
  }

  return {
    async poll(signal) {
      // A token is good for one call, whether its response arrives or not: after a failure, a new session begins.
      const current = token ?? (await startSession(signal));
      token = undefined;
      const command = new GetLatestConfigurationCommand({ ConfigurationToken: current });
      const answer = await untilAborted(signal, (options) => client.send(command, options));
      token = answer.NextPollConfigurationToken;
      const { Configuration: content, VersionLabel: label, NextPollIntervalInSeconds: seconds = POLL_SECONDS } = answer;
      const nextMs = seconds * 1_000;
      // For an empty body, the SDK's content is null, which its types do not say.
      if (!(content instanceof Uint8Array) || content.byteLength === 0) return { nextMs };
      const text = new TextDecoder().decode(content);
      return { document: label === undefined || label === "" ? { text } : { text, label }, nextMs };
    },
  };
}
