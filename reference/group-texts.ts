/** Texts of objects and lists, for editors only. */
export const GROUP_TEXTS: Readonly<Record<string, string>> = {
  $schema: "the schema of this document, for editors; Freightliner ignores it",
  source: "the registry that images are pushed to: one ECR registry, which is one account and region",
  destinations: "the places that images are replicated to",
  "destinations[].federation":
    "Workload Identity Federation: the roles of the stack write as a Google identity, without a key",
  "destinations[].circuit": "when the circuit of a failing destination opens",
  rules: "which images go where; for each destination, the first rule that selects an image decides",
  "rules[].exclude": "what this rule does not copy although its patterns select it",
  "rules[].latest": "copy only the newest tags of a repository",
  "rules[].retention": "keep only the newest tags of a repository at the target",
  "rules[].artifactTypes": "copy only images of some artifact types",
  "rules[].platforms": "copy only some platforms of each image",
  "rules[].gate": "what an image must have before it leaves AWS",
  "rules[].gate.signatures": "whose signature an image must have",
  "rules[].gate.scan": "what the scan of an image by ECR may have found",
  "rules[].gate.overrides": "images that may leave although they do not meet the gate",
  retries: "how requests are retried within one delivery",
  reconcile: "the comparison of source and destinations, which finds pushes whose event was lost",
  stack: "how the stack runs, and whom its alarms reach",
  "stack.notifications": "a chat room that receives alarms by a webhook",
  "reconcile.schedules": "extra comparisons on schedules of their own",
};
