import { resourceName } from "../../src/contract/stack/names.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";

/** Name and region of the local stack, as for a deployed one. */
export const STACK = { stack: "freightliner", region: LOCAL_REGION };
/** The only destination. */
export const DESTINATION = "local";
export const TABLE = "freightliner-state";
/** The secret with the login of a generic target. */
export const LOGIN_SECRET = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:login-AbCdEf`;
/** UUIDs of the event source mappings. */
export const MAPPINGS = { live: "live-mapping", backfill: "backfill-mapping" } as const;
/** Concurrent copies of a backfill. */
export const BACKFILL_CONCURRENCY = 2;
/** The secret that a source's webhook knows. */
export const WEBHOOK_SECRET = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:webhook-AbCdEf`;
/** The channel that a webhook on this machine is told by, and the secret with its URL. */
export const CHANNEL = "local";
export const CHANNEL_SECRET = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:channel-AbCdEf`;
/** Where images go in the stack's own ECR registry, and the account that this registry then has. */
export const ECR_PREFIX = "mirror";
export const ECR_ACCOUNT = "210987654321";
/** The repository of the source that canaries are pushed to. */
export const CANARY_REPOSITORY = "ops/canary";
/** The key that signs receipts. */
export const RECEIPT_KEY = `arn:aws:kms:${LOCAL_REGION}:${LOCAL_ACCOUNT}:key/00000000-0000-4000-8000-000000000081`;
/** How the schedules of jobs start their function. */
export const JOB_SCHEDULING = {
  group: "freightliner-jobs",
  role: `arn:aws:iam::${LOCAL_ACCOUNT}:role/jobs`,
  target: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${resourceName("function", "jobs", STACK)}`,
};
