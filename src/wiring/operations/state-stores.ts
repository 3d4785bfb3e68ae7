import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { clientLimits, TABLE_ANSWER_MS } from "../../aws/client/client-limits.ts";
import { createDynamoDbImageContents } from "../../aws/contents/stored-contents.ts";
import { createDynamoDbReceipts } from "../../aws/dynamodb/receipts.ts";
import { createDynamoDbRecordStore } from "../../aws/dynamodb/record-store.ts";
import { StoredCircuitRecord } from "../../aws/dynamodb/stored-circuit-record.ts";
import { StoredTagRecord } from "../../aws/dynamodb/stored-tag-record.ts";
import { CHECKPOINT_KEEP_DAYS, RECEIPT_KEEP_DAYS } from "../../contract/stack/limits.ts";
import { Checkpoint } from "../../replication/state/checkpoint.ts";
import { DeletionRecord } from "../../replication/deletes/deletion-record.ts";
import { PausedRepositories } from "../../replication/holds/paused-repositories.ts";
import { QueuePauseRecord } from "../../replication/destination/queue-pause.ts";
import { DigestRecord } from "../../replication/notices/notice-digest.ts";
import { NoticeRecord } from "../../replication/notices/notice-record.ts";
import { RateRecord } from "../../replication/destination/rate-record.ts";
import { BackfillRecord } from "../../replication/backfill/backfill-record.ts";
import { CanaryRecord } from "../../replication/canary/canary-record.ts";
import { ImageRecord } from "../../replication/pending/image-record.ts";
import { ReconcileRecord } from "../../replication/cycle/cycle-record.ts";
import { PreCopyBudget } from "../../replication/pre-copy/pre-copy-budget.ts";

const DAY_SECONDS = 86_400;
/** How long it is known what a channel was told: a problem that ends later has no recovery. */
const NOTICE_KEEP_DAYS = 90;
/** How long the budget of a day's pre-copies is kept. */
const BUDGET_KEEP_DAYS = 7;

/** Opens a client for the state table. */
export function openTableClient(config: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ ...clientLimits(TABLE_ANSWER_MS), ...config });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** Opens a store for every kind of record in the state table. */
export function openStateStores(client: DynamoDBDocumentClient, table: string) {
  const at = { client, table };
  return {
    tags: createDynamoDbRecordStore({ ...at, kind: "TAG", schema: StoredTagRecord }),
    checkpoints: createDynamoDbRecordStore({
      ...at,
      kind: "CONTENT",
      schema: Checkpoint,
      keepSeconds: CHECKPOINT_KEEP_DAYS * DAY_SECONDS,
    }),
    preCopyBudgets: createDynamoDbRecordStore({
      ...at,
      kind: "BUDGET",
      schema: PreCopyBudget,
      keepSeconds: BUDGET_KEEP_DAYS * DAY_SECONDS,
    }),
    contents: createDynamoDbImageContents(at),
    receipts: createDynamoDbReceipts({ ...at, keepSeconds: RECEIPT_KEEP_DAYS * DAY_SECONDS }),
    circuits: createDynamoDbRecordStore({ ...at, kind: "CIRCUIT", schema: StoredCircuitRecord }),
    rates: createDynamoDbRecordStore({ ...at, kind: "RATE", schema: RateRecord }),
    queuePauses: createDynamoDbRecordStore({ ...at, kind: "INTAKE", schema: QueuePauseRecord }),
    pausedRepositories: createDynamoDbRecordStore({ ...at, kind: "PAUSE", schema: PausedRepositories }),
    notices: createDynamoDbRecordStore({
      ...at,
      kind: "NOTICE",
      schema: NoticeRecord,
      keepSeconds: NOTICE_KEEP_DAYS * DAY_SECONDS,
    }),
    digests: createDynamoDbRecordStore({
      ...at,
      kind: "DIGEST",
      schema: DigestRecord,
      keepSeconds: NOTICE_KEEP_DAYS * DAY_SECONDS,
    }),
    deletions: createDynamoDbRecordStore({ ...at, kind: "DELETION", schema: DeletionRecord }),
    images: createDynamoDbRecordStore({ ...at, kind: "IMAGE", schema: ImageRecord }),
    canaries: createDynamoDbRecordStore({ ...at, kind: "CANARY", schema: CanaryRecord }),
    cycles: createDynamoDbRecordStore({ ...at, kind: "RECONCILE", schema: ReconcileRecord }),
    backfills: createDynamoDbRecordStore({ ...at, kind: "BACKFILL", schema: BackfillRecord }),
  };
}
