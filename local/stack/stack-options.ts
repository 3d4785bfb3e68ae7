import type { AccessKeyId } from "../access/access-key.ts";
import type { PutEvent } from "../emulators/put-events.ts";
import type { EventBusOptions } from "../events/event-bus.ts";
import type { OnRegistryEvent } from "../registry/protocol/registry-event.ts";
import type { FunctionSettings } from "./function-variables.ts";
import type { RegistriesOptions } from "./registries.ts";

export interface StackOptions extends FunctionSettings {
  /** The access key of the functions and the emulators; a new one when undefined. */
  readonly key?: AccessKeyId | undefined;
  /** Where state and blobs are stored; a temporary directory, removed at the end, when undefined. */
  readonly directory?: string | undefined;
  /** The external document to begin with, YAML or JSON. */
  readonly external?: string | undefined;
  /** Single values, `retries.preset=off`. */
  readonly flags?: readonly string[] | undefined;
  /** Variables that may set single values, and name a collector of traces. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
  readonly sourcePort?: number | undefined;
  readonly targetPort?: number | undefined;
  /** Time limit of one copy. */
  readonly timeoutSeconds: number;
  /** Wait before the first comparison of source and target, in milliseconds. */
  readonly reconcileAfterMs?: number | undefined;
  /** Wait before the first canary, in milliseconds. */
  readonly canaryAfterMs?: number | undefined;
  /** Decides for each request whether the source answers that the token has expired. */
  readonly isSourceTokenExpired?: RegistriesOptions["isSourceTokenExpired"];
  /** Modules of the functions by name; their sources when undefined. */
  readonly entryOf?: ((name: string) => URL) | undefined;
  /** Decides how each push event is delivered; once when undefined. */
  readonly delivery?: EventBusOptions["delivery"];
  /** The address at which all clients reach a registry that listens at `host`, such as a proxy's; `host` when undefined. */
  readonly addressOf?: RegistriesOptions["addressOf"];
  readonly onSource?: OnRegistryEvent | undefined;
  readonly onTarget?: OnRegistryEvent | undefined;
  /** Receives each event about a push. */
  readonly onEvent?: ((event: PutEvent) => void) | undefined;
  /** Receives each line of the functions' logs. */
  readonly onLog?: ((functionName: string, line: string) => void) | undefined;
}
