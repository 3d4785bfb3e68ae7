import * as z from "zod";
import { ConfigurationError, parseConfigurationText } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { COPY_MEMORY_MEGABYTES } from "./limits.ts";

/** A queue of copy requests: which destination it serves, and where it is. */
const CopyQueue = z.strictObject({
  destination: z.string(),
  priority: z.enum(["live", "backfill"]),
  arn: z.string(),
  url: z.url(),
});
export type CopyQueue = z.infer<typeof CopyQueue>;

/** An event source mapping of the copy function: which destination it feeds, and with how many copies at once. */
const QueueMapping = z.strictObject({
  destination: z.string(),
  /** UUID of the mapping. */
  id: z.string(),
  concurrency: z.int().min(2),
});
export type QueueMapping = z.infer<typeof QueueMapping>;

/** A variable that holds JSON. */
function json<Schema extends z.ZodType>(schema: Schema, what: string) {
  return z.string().transform((text, context): z.output<Schema> => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      context.addIssue({ code: "custom", message: `is not a JSON ${what}: ${String(error)}` });
      return z.NEVER;
    }
  });
}

const QueueMappings = json(z.array(QueueMapping).min(1), "list of mappings");
const CopyQueues = json(z.array(CopyQueue).min(1), "list of queues");

const ConfigurationText = z.string().transform((text, context): Configuration => {
  try {
    return parseConfigurationText(text);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
    return z.NEVER;
  }
});

/** What the fan-out function reads from its environment; the stack must set every name of it. */
export const FanOutEnvironment = z.object({
  /** The whole configuration as JSON. */
  FREIGHTLINER_CONFIGURATION: ConfigurationText,
  /** JSON list of {@link CopyQueue}. */
  FREIGHTLINER_QUEUES: CopyQueues,
});
export type FanOutEnvironment = z.input<typeof FanOutEnvironment>;

/** Where Google's services are; each where Google has it, unless a local server plays it. */
const GoogleEndpoints = z.strictObject({
  /** Token exchange (Security Token Service). */
  sts: z.url().optional(),
  /** Origin of the service-account impersonation. */
  iamCredentials: z.url().optional(),
  /** Token endpoint for service-account keys (RFC 7523). */
  oauth: z.url().optional(),
  /** Origin of the Artifact Registry REST API. */
  artifactRegistry: z.url().optional(),
});
export type GoogleEndpoints = z.infer<typeof GoogleEndpoints>;

/** Set only where Google's services are played by a local server. */
const googleEndpoints = {
  FREIGHTLINER_GOOGLE_ENDPOINTS: json(GoogleEndpoints, "map of endpoints").optional(),
};

/** What the copy function reads from its environment; the stack must set every name of it. */
export const CopyEnvironment = z.object({
  FREIGHTLINER_CONFIGURATION: ConfigurationText,
  FREIGHTLINER_QUEUES: CopyQueues,
  /** Name of the DynamoDB table that holds all state. */
  FREIGHTLINER_TABLE: z.string().min(3),
  /** URL of the dead-letter queue for requests that can never succeed. */
  FREIGHTLINER_DEAD_LETTERS: z.url(),
  /** Seconds a lease lasts without a heartbeat, when not {@link COPY_LEASE_SECONDS}. */
  FREIGHTLINER_LEASE_SECONDS: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, "is not a number of seconds from 1 to 999")
    .transform(Number)
    .optional(),
  /** The function's memory in MB; Lambda sets it. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.string().regex(/^\d+$/).transform(Number).default(COPY_MEMORY_MEGABYTES),
  ...googleEndpoints,
});
export type CopyEnvironment = z.input<typeof CopyEnvironment>;

/** What the probe function reads from its environment. */
export const ProbeEnvironment = z.object({
  FREIGHTLINER_CONFIGURATION: ConfigurationText,
  FREIGHTLINER_TABLE: z.string().min(3),
  /** JSON list of {@link QueueMapping}. */
  FREIGHTLINER_MAPPINGS: QueueMappings,
  ...googleEndpoints,
});
export type ProbeEnvironment = z.input<typeof ProbeEnvironment>;

/** What the notify function reads from its environment. */
export const NotifyEnvironment = z.object({
  FREIGHTLINER_TABLE: z.string().min(3),
  /** ARN of the secret that holds the webhook's URL. */
  FREIGHTLINER_WEBHOOK_SECRET: z.string().min(1),
  FREIGHTLINER_WEBHOOK_KIND: z.enum(["slack", "teams", "generic"]),
  /** JSON list of hosts a generic webhook may be at. */
  FREIGHTLINER_WEBHOOK_HOSTS: json(z.array(z.string()), "list of hosts"),
  /** Only what goes wrong, or also when it is well again. */
  FREIGHTLINER_NOTIFY_OF: z.enum(["problems", "changes"]),
});
export type NotifyEnvironment = z.input<typeof NotifyEnvironment>;
export type NotifyPolicy = NotifyEnvironment["FREIGHTLINER_NOTIFY_OF"];

/** What the reconcile function reads from its environment. */
export const ReconcileEnvironment = ProbeEnvironment.extend({ FREIGHTLINER_QUEUES: CopyQueues });
export type ReconcileEnvironment = z.input<typeof ReconcileEnvironment>;
