import type { SQSRecord } from "aws-lambda";
import type { Delivery } from "../../src/contract/stack/delivery.ts";

/** The delivery in a record of an SQS event. */
export function deliveryOf(record: SQSRecord): Delivery {
  return {
    messageId: record.messageId,
    body: record.body,
    receiptHandle: record.receiptHandle,
    queueArn: record.eventSourceARN,
    receiveCount: Number(record.attributes.ApproximateReceiveCount),
    groupId: record.attributes.MessageGroupId,
  };
}
