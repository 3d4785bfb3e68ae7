import * as z from "zod";
import { COPY_MEMORY_MEGABYTES } from "./limits.ts";
import { isStackName } from "./names.ts";
import { StackParts } from "./stack-parts.ts";

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

/** Deployed maximum concurrency of the event source mappings, per queue. */
const Concurrency = z.strictObject({ live: z.int().min(2), backfill: z.int().min(2) });
export type Concurrency = z.infer<typeof Concurrency>;

/** What every function reads. */
export const StackEnvironment = z.object({
  /** The deployment's name: a part of its resource names (see `resourceName`) and a dimension of its metrics. */
  FREIGHTLINER_STACK: z.string().refine(isStackName, "is not the name of a stack"),
});

export type StackEnvironment = z.input<typeof StackEnvironment>;

/** A profile of AWS AppConfig, by IDs or names (AppConfig API, "StartConfigurationSession"). */
export interface AppConfigProfile {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
}

const AppConfigProfile = z
  .string()
  .regex(/^[^/]+\/[^/]+\/[^/]+$/, "is not APPLICATION/ENVIRONMENT/PROFILE")
  .transform((text): AppConfigProfile => {
    const [application = "", environment = "", profile = ""] = text.split("/");
    return { application, environment, profile };
  });

/** What every function with a configuration reads; the validator of external documents reads nothing else. */
export const ConfiguredEnvironment = z.object({
  ...StackEnvironment.shape,
  /** Path of the deployed configuration, a JSON document. */
  FREIGHTLINER_CONFIGURATION_FILE: z.string().min(1),
  /** JSON of {@link StackParts}: the command derives the names of queues from it. */
  FREIGHTLINER_PARTS: json(StackParts, "description of a stack"),
});
export type ConfiguredEnvironment = z.input<typeof ConfiguredEnvironment>;

const common = {
  ...ConfiguredEnvironment.shape,
  /** The external document; without it, the configuration changes by a deployment only. */
  FREIGHTLINER_APPCONFIG: AppConfigProfile.optional(),
  /** JSON list of flags such as `retries.preset=off`; set by `npm start` only. */
  FREIGHTLINER_FLAGS: json(z.array(z.string()), "list of flags").optional(),
  /** Base URL of the queues; set only where a local server emulates SQS. */
  FREIGHTLINER_QUEUES_URL: z.url().optional(),
};

const traceHeaders = {
  /** ARN of the secret with headers for the collector of traces, `name=value,name=value`. */
  FREIGHTLINER_TRACE_HEADERS_SECRET: z.string().optional(),
};

/** What the fan-out function reads from its environment. The stack must set all of it. */
export const FanOutEnvironment = z.object({
  ...common,
  ...traceHeaders,
  /** Name of the DynamoDB table that holds all state. */
  FREIGHTLINER_TABLE: z.string().min(3),
});
export type FanOutEnvironment = z.input<typeof FanOutEnvironment>;

/** Endpoints of Google's services, where a local server emulates them; each is Google's own by default. */
const GoogleEndpoints = z.strictObject({
  /** Token exchange (Security Token Service). */
  sts: z.url().optional(),
  /** Origin of the IAM Service Account Credentials API. */
  iamCredentials: z.url().optional(),
  /** Token endpoint for service-account keys (RFC 7523). */
  oauth: z.url().optional(),
  /** Origin of the Artifact Registry REST API. */
  artifactRegistry: z.url().optional(),
  /** Google's keys for ID tokens. */
  keys: z.url().optional(),
});
export type GoogleEndpoints = z.infer<typeof GoogleEndpoints>;

/** Set only where a local server emulates Google's services. */
const googleEndpoints = {
  FREIGHTLINER_GOOGLE_ENDPOINTS: json(GoogleEndpoints, "map of endpoints").optional(),
};

const seconds = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, "is not a number of seconds from 1 to 999")
  .transform(Number);

/** What the copy function and the builds of the long lane read from their environment. The stack must set all required names. */
export const CopyEnvironment = z.object({
  ...common,
  ...traceHeaders,
  /** Name of the DynamoDB table that holds all state. */
  FREIGHTLINER_TABLE: z.string().min(3),
  /** Seconds after which a lease without a heartbeat expires; {@link COPY_LEASE_SECONDS} by default. */
  FREIGHTLINER_LEASE_SECONDS: seconds.optional(),
  /** Visibility timeout of the long lane, in seconds; {@link LONG_VISIBILITY_SECONDS} by default. */
  FREIGHTLINER_LONG_VISIBILITY_SECONDS: seconds.optional(),
  /** The function's memory in MB; Lambda sets it. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.string().regex(/^\d+$/).transform(Number).default(COPY_MEMORY_MEGABYTES),
  ...googleEndpoints,
});
export type CopyEnvironment = z.input<typeof CopyEnvironment>;

/** What the probe function reads from its environment. */
export const ProbeEnvironment = z.object({
  ...common,
  FREIGHTLINER_TABLE: z.string().min(3),
  /** JSON of {@link Concurrency}. */
  FREIGHTLINER_CONCURRENCY: json(Concurrency, "pair of numbers"),
  ...googleEndpoints,
});
export type ProbeEnvironment = z.input<typeof ProbeEnvironment>;

/** What the arrivals function reads from its environment. */
export const ArrivalsEnvironment = z.object({ ...ConfiguredEnvironment.shape, ...googleEndpoints });
export type ArrivalsEnvironment = z.input<typeof ArrivalsEnvironment>;

/** What the notify function reads from its environment. */
export const NotifyEnvironment = z.object({
  ...common,
  FREIGHTLINER_TABLE: z.string().min(3),
});
export type NotifyEnvironment = z.input<typeof NotifyEnvironment>;

/** What the seal function reads from its environment. */
export const SealEnvironment = z.object({
  ...StackEnvironment.shape,
  FREIGHTLINER_PARTS: json(StackParts, "description of a stack"),
  FREIGHTLINER_TABLE: z.string().min(3),
  /** ARN of the KMS key that signs receipts. */
  FREIGHTLINER_RECEIPT_KEY: z.string().min(1),
});
export type SealEnvironment = z.input<typeof SealEnvironment>;

/** What the canary function reads from its environment. */
export const CanaryEnvironment = z.object({
  ...common,
  FREIGHTLINER_TABLE: z.string().min(3),
  ...googleEndpoints,
});
export type CanaryEnvironment = z.input<typeof CanaryEnvironment>;

/** What the reconcile function reads from its environment. */
export const ReconcileEnvironment = z.object(ProbeEnvironment.shape);
export type ReconcileEnvironment = z.input<typeof ReconcileEnvironment>;

/** The address of an API: whom it is for, and the web pages that may use it. */
const ApiAddress = z.strictObject({
  role: z.enum(["viewer", "operator"]),
  origins: z.array(z.string()),
});
export type ApiAddress = z.infer<typeof ApiAddress>;

/** What the API functions read from their environment. */
export const ApiVariables = z.object({
  ...common,
  FREIGHTLINER_TABLE: z.string().min(3),
  /** JSON of {@link ApiAddress}. */
  FREIGHTLINER_API: json(ApiAddress, "description of an API"),
  /** As the jobs function has it; absent in a stack without jobs. */
  FREIGHTLINER_JOBS: z.string().optional(),
  /** ARN of the KMS key that signs receipts; absent in a stack that does not sign them. */
  FREIGHTLINER_RECEIPT_KEY: z.string().min(1).optional(),
});
export type ApiVariables = z.input<typeof ApiVariables>;

/** How schedules start the jobs function: their group, the role of EventBridge Scheduler, and the function's ARN. */
const JobScheduling = z.strictObject({ group: z.string(), role: z.string(), target: z.string() });
export type JobScheduling = z.infer<typeof JobScheduling>;

/** What the jobs function reads from its environment, and the command with it. */
export const JobsEnvironment = z.object({
  ...common,
  FREIGHTLINER_TABLE: z.string().min(3),
  /** JSON of {@link JobScheduling}. */
  FREIGHTLINER_JOBS: json(JobScheduling, "description of schedules"),
});
export type JobsEnvironment = z.input<typeof JobsEnvironment>;

/** What the inspect function reads from its environment. */
export const InspectEnvironment = z.object({
  ...common,
  FREIGHTLINER_TABLE: z.string().min(3),
  ...googleEndpoints,
});
export type InspectEnvironment = z.input<typeof InspectEnvironment>;

/** All variables of the functions. */
export const FUNCTION_VARIABLES: readonly string[] = [
  ...new Set(
    [
      FanOutEnvironment,
      CopyEnvironment,
      ProbeEnvironment,
      NotifyEnvironment,
      SealEnvironment,
      ApiVariables,
      JobsEnvironment,
    ].flatMap(({ shape }) => Object.keys(shape)),
  ),
];
