import * as z from "zod";
import { ConfigurationError, parseConfigurationText } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

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

const QueueMappings = z.string().transform((text, context): QueueMapping[] => {
  try {
    return z.array(QueueMapping).min(1).parse(JSON.parse(text));
  } catch (error) {
    context.addIssue({ code: "custom", message: `is not a JSON list of mappings: ${String(error)}` });
    return z.NEVER;
  }
});

const CopyQueues = z.string().transform((text, context): CopyQueue[] => {
  try {
    return z.array(CopyQueue).min(1).parse(JSON.parse(text));
  } catch (error) {
    context.addIssue({ code: "custom", message: `is not a JSON list of queues: ${String(error)}` });
    return z.NEVER;
  }
});

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

/** Google's token endpoints; set only where they are played by a local server. */
const googleEndpoints = {
  FREIGHTLINER_STS_URL: z.url().optional(),
  FREIGHTLINER_IAM_CREDENTIALS_URL: z.url().optional(),
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
  FREIGHTLINER_WEBHOOK_HOSTS: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  /** Only what goes wrong, or also when it is well again. */
  FREIGHTLINER_NOTIFY_OF: z.enum(["problems", "changes"]),
});
export type NotifyEnvironment = z.input<typeof NotifyEnvironment>;
export type NotifyPolicy = NotifyEnvironment["FREIGHTLINER_NOTIFY_OF"];

/** What the reconcile function reads from its environment. */
export const ReconcileEnvironment = ProbeEnvironment.extend({ FREIGHTLINER_QUEUES: CopyQueues });
export type ReconcileEnvironment = z.input<typeof ReconcileEnvironment>;
