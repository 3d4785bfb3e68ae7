import type { SQSRecord } from "aws-lambda";
import type { Delivery } from "../../src/contract/stack/delivery.ts";

/** A record of an SQS event, which may have been made by hand, without attributes. */
type DeliveredRecord = Omit<SQSRecord, "messageAttributes"> & Partial<Pick<SQSRecord, "messageAttributes">>;

/** The delivery in a record of an SQS event. */
export function deliveryOf(record: DeliveredRecord): Delivery {
  const { SentTimestamp, ApproximateReceiveCount, MessageGroupId } = record.attributes;
  return {
    messageId: record.messageId,
    body: record.body,
    receiptHandle: record.receiptHandle,
    queueArn: record.eventSourceARN,
    receiveCount: Number(ApproximateReceiveCount),
    groupId: MessageGroupId,
    sentAt: SentTimestamp === undefined ? undefined : Number(SentTimestamp),
    traceparent: record.messageAttributes?.["traceparent"]?.stringValue,
  };
}
