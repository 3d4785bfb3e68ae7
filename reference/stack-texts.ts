import type { FieldText } from "./field-text.ts";

/** Texts of the fields of `stack`. */
export const STACK_TEXTS: Readonly<Record<string, FieldText>> = {
  "stack.name": {
    meaning: "first part of every resource name, and the value of `--stack`; `-c stack=NAME` overrides it",
    otherwise: "`freightliner`",
  },
  "stack.alarmEmails": {
    meaning: "addresses that receive alarms and their end, after each has confirmed it by the link that SNS sends",
  },
  "stack.alarmTopics": { meaning: "ARNs of SNS topics that receive alarms and their end" },
  "stack.notifications[].name": { meaning: "by which rules name the channel" },
  "stack.notifications[].kind": {
    meaning: "`slack`, `teams`, `webhook`, `email` or `eventBridge` ([notifications](../operate/notifications.md))",
  },
  "stack.notifications[].on": { meaning: "what it is told; `recovered`, the end of what it was told, is one more" },
  "stack.notifications[].digestMinutes": {
    meaning: "collects, and sends what there is at this interval as one message",
    otherwise: "one message each",
  },
  "stack.notifications[].webhook": {
    meaning:
      "for `slack`, `teams` and `webhook`: the full ARN of a secret in AWS Secrets Manager that holds the URL and nothing else",
  },
  "stack.notifications[].secretEncryptionKey": {
    meaning: "the ARN of the KMS key that its secrets are encrypted with",
    otherwise: "the account's `aws/secretsmanager`",
  },
  "stack.notifications[].hosts": {
    meaning: "for `webhook`: hosts that the URL may name; those of Slack and Teams are known",
  },
  "stack.notifications[].signingSecret": {
    meaning: "for `webhook`: the full ARN of a secret with the keys that sign, `whsec_...`",
    otherwise: "not signed",
  },
  "stack.notifications[].plainHttp": { meaning: "for `webhook`: plain HTTP, for loopback hosts only" },
  "stack.notifications[].addresses": { meaning: "for `email`: addresses, each of which confirms by a link" },
  "stack.notifications[].bus": { meaning: "for `eventBridge`: the ARN of an event bus" },
  "stack.encryptionKey": {
    meaning: "the ARN of a KMS key for queues, table and logs ([what its policy must allow](#a-key-of-your-own))",
    otherwise: "keys that AWS owns",
  },
  "stack.copyMemoryMegabytes": { meaning: "memory of the copy function in MB" },
  "stack.liveConcurrency": { meaning: "copies at once per destination for fresh pushes" },
  "stack.backfillConcurrency": {
    meaning: "copies at once per destination for differences that a comparison found and for pre-copies",
  },
  "stack.messageRetentionDays": { meaning: "how many days queues keep a message" },
  "stack.logRetentionDays": {
    meaning: "how many days logs are kept: a number that CloudWatch Logs knows, such as 7, 30, 90, 365",
  },
  "stack.metrics": { meaning: "`false` switches off the product's own metrics and the alarms on them" },
  "stack.tracing": { meaning: "X-Ray active tracing" },
  "stack.openTelemetryLayer": {
    meaning:
      "the ARN of a version of a layer that adds OpenTelemetry spans ([traces](../operate/metrics.md#traces)); needs `tracing`",
  },
  "stack.traces.endpoint": {
    meaning:
      "a collector that takes OTLP over HTTP, such as `https://collector.example.com`, for [traces](../operate/tracing.md); not with `openTelemetryLayer`",
    otherwise: "no traces",
  },
  "stack.traces.headersSecret": {
    meaning:
      "the ARN of a secret with headers of each request to it, `name=value,name=value`, such as a key; only with it, the functions may read one",
    otherwise: "none",
  },
  "stack.traces.secretEncryptionKey": {
    meaning: "the ARN of the KMS key of that secret",
    otherwise: "`aws/secretsmanager`",
  },
  "stack.traces.share": { meaning: "share of the traces that is sent, 0 to 1; each as a whole or not at all" },
  "stack.operators": {
    meaning: "ARNs of the roles that may read and redrive dead letters; with any, no other principal may",
    otherwise: "no restriction",
  },
  "stack.signReceipts": {
    meaning:
      "chain receipts per destination and sign them with a key in AWS KMS, for [proofs](prove.md#signed-receipts); about 1 USD a month and 0.15 USD for 10,000 receipts",
  },
  "stack.jobs": {
    meaning: "[jobs](jobs.md): copies and comparisons at times of your own, added and changed at run time",
  },
  "stack.api.origins": {
    meaning:
      "origins of web pages that may use the [HTTP API](api.md), such as `https://example.com`; `stack.api: {}` has the API without any",
    otherwise: "none",
  },
  "stack.canary.repository": {
    meaning:
      "the repository of the source, in Amazon ECR, that [canaries](../operate/canary.md) are pushed to; a rule must copy it to every destination",
    otherwise: "no canaries",
  },
  "stack.canary.intervalMinutes": {
    meaning: "how often a canary is pushed; the alarm is raised within two of these intervals",
  },
  "stack.keepTable": { meaning: "keep the table, protected from deletion, when the stack is removed" },
  "stack.runbookUrl": {
    meaning:
      "where you publish [the runbook](../operate/runbook.md), `https://...`; alarms then link to its headings instead of quoting them",
  },
};
