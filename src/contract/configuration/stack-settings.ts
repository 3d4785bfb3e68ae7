import * as z from "zod";
import { isRepositoryName } from "../../oci/reference.ts";
import { KeyArn, SecretArn } from "../providers/provider.ts";
import {
  BACKFILL_MAX_CONCURRENCY,
  CANARY_INTERVAL_MINUTES,
  COPY_MAX_CONCURRENCY,
  COPY_MEMORY_MEGABYTES,
  RETENTION_DAYS,
} from "../stack/limits.ts";
import { isStackName } from "../stack/names.ts";
import { CHANNEL_PARTS, NotificationChannel } from "../channels/notification-channel.ts";

const TopicArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, "is not the ARN of an SNS topic");
const RoleArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, "is not the ARN of a role");
const LayerArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z]+)*:lambda:[a-z0-9-]+:\d{12}:layer:[\w-]+:\d+$/, "is not the ARN of a layer's version");

/** The retentions of CloudWatch Logs, in days (CloudWatch Logs API, PutRetentionPolicy). */
const LOG_RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** The HTTP API, and the web pages that may use it. */
const Api = z.strictObject({
  /** Origins, exactly (Fetch standard, "Origin"); none by default. */
  origins: z
    .array(z.string().regex(/^https:\/\/[a-z0-9.-]+(?::[0-9]+)?$/, "is not an origin such as https://example.com"))
    .max(10)
    .default([]),
});

/** Where traces go. */
const Traces = z
  .strictObject({
    /** Takes OTLP over HTTP; `/v1/traces` is added. */
    endpoint: z
      .string()
      .max(512)
      .regex(/^https?:\/\/[^/\s]+/, "is not the address of a collector, http://... or https://..."),
    /** Of all traces; each is kept as a whole or not at all. */
    share: z.number().min(0).max(1).default(1),
    /** The secret with headers of each request, `name=value,name=value`, such as a key of the backend. */
    headersSecret: SecretArn.optional(),
    /** The KMS key of that secret, unless it is the account's `aws/secretsmanager`. */
    secretEncryptionKey: KeyArn.optional(),
  })
  .refine(
    ({ headersSecret, secretEncryptionKey }) => secretEncryptionKey === undefined || headersSecret !== undefined,
    {
      path: ["secretEncryptionKey"],
      message: "needs a headersSecret; remove it, or set headersSecret",
    },
  );

/** An image that is pushed again and again, to show that pushes arrive. */
const Canary = z.strictObject({
  /** The repository at the source that it is pushed to. */
  repository: z.string().refine(isRepositoryName, "is not a repository name"),
  intervalMinutes: z
    .int()
    .min(CANARY_INTERVAL_MINUTES.least)
    .max(CANARY_INTERVAL_MINUTES.most)
    .default(CANARY_INTERVAL_MINUTES.usual),
});

const concurrency = z.int().min(2).max(1_000);

/** How the stack runs. Deployed with it: a reload cannot change any of this. */
export const StackSettings = z.strictObject({
  name: z.string().refine(isStackName, "is not a letter followed by letters, digits and hyphens").optional(),
  alarmTopics: z.array(TopicArn).max(5).default([]),
  alarmEmails: z.array(z.email()).max(20).default([]),
  /** Who is told about outcomes and alarms, and how. */
  notifications: z.array(NotificationChannel).max(20).default([]),
  encryptionKey: KeyArn.optional(),
  copyMemoryMegabytes: z.int().min(256).max(10_240).default(COPY_MEMORY_MEGABYTES),
  liveConcurrency: concurrency.default(COPY_MAX_CONCURRENCY),
  backfillConcurrency: concurrency.default(BACKFILL_MAX_CONCURRENCY),
  messageRetentionDays: z.int().min(1).max(RETENTION_DAYS).default(RETENTION_DAYS),
  logRetentionDays: z.literal(LOG_RETENTIONS).default(30),
  metrics: z.boolean().default(true),
  tracing: z.boolean().default(true),
  openTelemetryLayer: LayerArn.optional(),
  traces: Traces.optional(),
  operators: z.array(RoleArn).default([]),
  /** Chains and signs receipts with a key in KMS. */
  signReceipts: z.boolean().default(false),
  /** Jobs of operators, with schedules that change at run time. */
  jobs: z.boolean().default(false),
  /** The HTTP API: two addresses, for viewers and for operators. */
  api: Api.optional(),
  /** Canaries, and an alarm when they do not arrive. */
  canary: Canary.optional(),
  /** Whether the table outlives the stack. */
  keepTable: z.boolean().default(true),
  runbookUrl: z
    .string()
    .regex(/^https:\/\/[^/]+/, "is not an absolute link, https://...")
    .optional(),
});
export type StackSettings = z.infer<typeof StackSettings>;

/** Objects whose fields a suggestion may name. */
export const STACK_PARTS = [StackSettings, ...CHANNEL_PARTS, Api, Traces, Canary] as const;
