/** One delivery of one message of a copy queue. */
export interface Delivery {
  /** Equal for all deliveries of a message. */
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  /** ARN of the queue that delivered it. */
  readonly queueArn: string;
  /** Number of deliveries so far, this one included. */
  readonly receiveCount: number;
  /** Message group of SQS's fair queues. */
  readonly groupId?: string | undefined;
  /** When the message was sent, by SQS's clock; epoch milliseconds. */
  readonly sentAt?: number | undefined;
  /** The trace of its push (W3C Trace Context), as its sender wrote it. */
  readonly traceparent?: string | undefined;
}
