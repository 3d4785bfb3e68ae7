/** What to do about failures of some reasons. */
interface AdviceRow {
  readonly reasons: readonly string[];
  readonly advice: string;
}

/** The table of dead letters in docs/operate/runbook.md, which has the same words: test/console/advice.test.ts compares them. */
export const ADVICE: readonly AdviceRow[] = [
  {
    reasons: ["target-denied"],
    advice: "give the service account the role roles/artifactregistry.writer on this repository",
  },
  { reasons: ["target-login-refused"], advice: "check pool, provider, its condition, the service account, or the key" },
  {
    reasons: ["target-tag-immutable"],
    advice: "the tag names another image and is immutable: delete it there, or push under another tag",
  },
  {
    reasons: ["target-name-unknown", "target-name-invalid"],
    advice: "create the repository, or change prefix or as in the configuration",
  },
  {
    reasons: [
      "target-manifest-invalid",
      "target-unsupported",
      "target-manifest-unknown",
      "target-blob-unknown",
      "target-digest-invalid",
      "target-size-invalid",
      "target-refused",
    ],
    advice: "the registry refuses this content: see its answer; the format or mode of the repository may exclude it",
  },
  {
    reasons: ["target-conflict"],
    advice:
      "the tag names an image that someone else put there, and the rule's conflict leaves that to you: delete or move the tag at the target, or choose another strategy",
  },
  {
    reasons: ["target-upload-not-kept"],
    advice:
      "the target received all bytes of a blob three times or more and did not keep them. See Uploads that are not kept, in the runbook",
  },
  {
    reasons: ["source-denied", "source-login-refused"],
    advice: "the function's role may not pull, or may not request a token: check the repository's policy",
  },
  {
    reasons: [
      "source-name-unknown",
      "source-name-invalid",
      "source-unsupported",
      "source-tag-immutable",
      "source-refused",
    ],
    advice: "see the registry's answer; the repository may have been deleted",
  },
  {
    reasons: ["source-digest-invalid", "source-size-invalid", "source-manifest-invalid"],
    advice: "the source serves other bytes than its manifests say: push the image again",
  },
  {
    reasons: ["malformed-image", "source-incomplete", "source-manifest-unknown", "source-blob-unknown"],
    advice: "the image breaks the specification, or a part of it is missing at the source: push it again",
  },
  {
    reasons: ["too-large"],
    advice:
      "a blob had the connection to itself three times and still ran out of time: 8 hours in the long lane, or 15 minutes in the function if there is no long lane. See Layers that take too long, in the runbook",
  },
  {
    reasons: ["target-sparse-refused"],
    advice:
      "the registry accepts no index without all of its platforms: set keep: strip in the rule's platforms, deploy, and redrive",
  },
  {
    reasons: ["unknown-destination"],
    advice: "the destination is no longer in the configuration: add it again and deploy, or delete the dead letter",
  },
  {
    reasons: ["malformed-message", "malformed-event", "wrong-queue"],
    advice: "something else writes to the queues or the bus: find out which principal has sqs:SendMessage",
  },
  {
    reasons: ["attempts-exhausted", "crashed"],
    advice: "see the error and the function's log of that time; please report it as a bug",
  },
  {
    reasons: ["delivered-too-often"],
    advice: "SQS moved it here after 1,000 deliveries: look for errors of the copy function",
  },
];

/** What to do about a failure; undefined for a reason without advice. */
export const adviceOn = (reason: string): string | undefined =>
  ADVICE.find(({ reasons }) => reasons.includes(reason))?.advice;
