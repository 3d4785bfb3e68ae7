import type { PlantedBug } from "./planted-bugs.ts";

const PRE_COPY_BLOBS = "src/replication/pre-copy/pre-copy-blobs.ts";
const BUDGET = "src/replication/pre-copy/pre-copy-budget.ts";
const PRE_COPIER = "functions/copy/pre-copier.ts";
const CHECKPOINT = "src/replication/state/checkpoint.ts";

/** Bugs of pre-copies: they show something, cost more than their budget, or disturb the copies of tags. */
export const PLANTED_PRE_COPIES: readonly PlantedBug[] = [
  {
    name: "a pre-copy puts the manifest under a tag",
    file: PRE_COPY_BLOBS,
    find: "await concurrently(wanted, CONCURRENT, copy, signal);",
    replace:
      'await concurrently(wanted, CONCURRENT, copy, signal);\n    const early = await context.ports.source.readManifest(digest, signal);\n    if (early !== undefined) await context.ports.target.putManifest(early, "early" as never, signal);',
  },
  {
    name: "a pre-copy puts the manifest by its digest",
    file: PRE_COPY_BLOBS,
    find: "await concurrently(wanted, CONCURRENT, copy, signal);",
    replace:
      "await concurrently(wanted, CONCURRENT, copy, signal);\n    const early = await context.ports.source.readManifest(digest, signal);\n    if (early !== undefined) await context.ports.target.putManifest(early, digest, signal);",
  },
  {
    name: "pre-copies ignore their budget",
    from: 14,
    file: BUDGET,
    find: "if (sent - today.used > limitBytes) return { answer: false };",
    replace: "if (sent < limitBytes - limitBytes) return { answer: false };",
  },
  {
    name: "every tag that uses a pre-copied blob gives its bytes back to the budget",
    by: "scenes",
    scene: "a tag waits for the pre-copy of its blob instead of sending it again, and its bytes are given back once",
    file: CHECKPOINT,
    find: "return isPreCopied ? { next: present(repository), answer } : { answer };",
    replace: "return { answer };",
  },
  {
    name: "a failed pre-copy is delivered again",
    from: 10,
    file: PRE_COPIER,
    find: 'execute(request, delivery, time).catch((error: unknown) => nothingPreCopied("failed", error));',
    replace: "execute(request, delivery, time);",
  },
  {
    name: "a pre-copy ends as a dead letter",
    file: "src/replication/planning/request-message.ts",
    find: "if (preCopy !== undefined) return",
    replace: "if (preCopy !== undefined && preCopy.pushedAt < 0) return",
  },
  {
    name: "the failures of a pre-copy open the circuit",
    by: "scenes",
    scene: "pre-copies to a destination that fails move no circuit, and leave no dead letter",
    file: PRE_COPIER,
    find: "return preCopyBlobs(request.digest, { ports, identity,",
    replace:
      'const { observedTarget } = await import("../../src/replication/destination/observed-target.ts");\n    const admission = await copies.circuit(named).admit(identity.owner, ending, to);\n    if (admission.kind === "refused") return nothingPreCopied("circuit-open");\n    const target = observedTarget(ports.target, admission);\n    return preCopyBlobs(request.digest, { ports: { ...ports, target }, identity,',
  },
  {
    name: "a pre-copy takes a permit of a half-open circuit",
    by: "scenes",
    scene: "a tag waits for the pre-copy of its blob instead of sending it again, and its bytes are given back once",
    file: PRE_COPIER,
    find: "if (!(await copies.circuit(named).isClosed(ending)))",
    replace: 'if ((await copies.circuit(named).admit("early", ending, to)).kind === "refused")',
  },
  {
    name: "the failed upload of a pre-copy counts towards giving up the blob",
    by: "scenes",
    scene: "a pre-copy sends a blob once, and its failure does not count towards giving the blob up",
    file: "src/replication/state/failed-sends.ts",
    find: "mayResend: () => false, wastedBytes: () => undefined",
    replace: "mayResend: () => false, wastedBytes: () => 1e9",
  },
  {
    name: "a pre-copied blob is trusted for ever",
    by: "scenes",
    scene: "a pre-copied blob that the target has collected meanwhile is sent before the manifest is put",
    file: CHECKPOINT,
    find: "now - preCopiedAt < PRE_COPY_TRUST_MS;",
    replace: "now - preCopiedAt < 1e12;",
  },
];
