import type { FieldText } from "./field-text.ts";
import { STACK_TEXTS } from "./stack-texts.ts";

/** Texts of all fields with a value, in the order of the reference page; `list[]` stands for each entry of a list. */
export const FIELD_TEXTS: Readonly<Record<string, FieldText>> = {
  version: { meaning: "1" },
  "source.kind": {
    meaning:
      "`ecr`, `artifactRegistry` or `generic`; a stack that reads from the last two has [another direction](directions.md)",
    otherwise: "`ecr`",
  },
  "source.account": {
    meaning:
      "the 12-digit AWS account of the ECR registry; events of other accounts are ignored. Of another kind of source: the account of the stack",
    otherwise: "required, or taken from `source.registry`",
  },
  "source.region": { meaning: "its region", otherwise: "the same" },
  "source.registry": {
    meaning:
      "for another kind than `ecr` its host; for `ecr` `host` or `host:port` to use instead of the usual host; one of ECR's own hosts (FIPS, dual-stack, China) also determines account and region",
    otherwise: "`ACCOUNT.dkr.ecr.REGION.amazonaws.com`",
  },
  "source.plainHttp": { meaning: "plain HTTP; for loopback hosts only" },
  "source.blobHosts": {
    meaning: "hosts that blob downloads may be redirected to; `*` matches within one label",
    otherwise: "the region's ECR layer bucket in Amazon S3",
  },
  "source.repositories": {
    meaning:
      "globs of the repositories that the functions may read; the rules must lie within them. More than a policy can hold (some 60) are widened to their first path components, or to all",
    otherwise: "those of the deployed rules",
  },
  "source.repositoryTags": {
    meaning:
      "whether [tags of a repository](rules.md#tags-of-a-repository) restrict its replication; costs an API request a minute for each repository and container that works on it",
  },
  "source.prefix": {
    meaning:
      "for another kind than `ecr`: the path in front of the names that rules have; for Artifact Registry `PROJECT/REPOSITORY`",
  },
  "source.arrivals.kind": {
    meaning:
      "for another kind than `ecr`: how pushes become known, `pubSub` or `webhook` ([directions](directions.md))",
    otherwise: "only comparisons find pushes",
  },
  "source.arrivals.serviceAccount": {
    meaning: "for `pubSub`: the service account that the subscription authenticates as",
  },
  "source.arrivals.audience": { meaning: "for `pubSub`: the audience of the subscription's tokens" },
  "source.arrivals.format": {
    meaning: "for `webhook`: whose notifications they are, `distribution`, `harbor`, `quay` or `cloudEvents`",
  },
  "source.arrivals.secret": {
    meaning: "for `webhook`: the full ARN of a secret in AWS Secrets Manager that holds only the shared secret",
  },
  "source.arrivals.secretEncryptionKey": {
    meaning: "the ARN of the KMS key that it is encrypted with",
    otherwise: "the account's `aws/secretsmanager`",
  },
  "source.allowedHosts": { meaning: "for `generic`: as of a destination" },
  "source.federation.audience": {
    meaning: "for `artifactRegistry`: as of a destination",
    otherwise: "anonymous access",
  },
  "source.federation.serviceAccount": { meaning: "the service account to impersonate; it only reads" },
  "source.keySecret": { meaning: "for `artifactRegistry` without federation: as of a destination" },
  "source.loginSecret": { meaning: "for `generic`: as of a destination", otherwise: "anonymous access" },
  "source.secretEncryptionKey": {
    meaning: "the ARN of the KMS key that `keySecret` or `loginSecret` is encrypted with",
    otherwise: "the account's `aws/secretsmanager`",
  },
  "destinations[].name": { meaning: "a short name: lower case, digits, `-`, at most 24" },
  "destinations[].kind": {
    meaning:
      "`artifactRegistry`, `ecr` ([directions](directions.md)), or `generic` for any other registry of the distribution-spec",
  },
  "destinations[].registry": {
    meaning: "its host, for example `europe-docker.pkg.dev` or `gcr.io`",
    otherwise: "required; for `ecr` the usual host of account and region",
  },
  "destinations[].account": { meaning: "for `ecr`: the 12-digit AWS account of the registry" },
  "destinations[].region": { meaning: "for `ecr`: its region" },
  "destinations[].createRepositories": {
    meaning: "for `ecr`: whether to create a repository that a push needs",
  },
  "destinations[].blobHosts": {
    meaning: "for `ecr`: hosts that blob downloads may be redirected to",
    otherwise: "the region's ECR layer bucket in Amazon S3",
  },
  "destinations[].prefix": {
    meaning:
      "the path everything goes under; for Artifact Registry `PROJECT/REPOSITORY` or `DOMAIN/PROJECT/REPOSITORY`, on gcr.io names the project",
  },
  "destinations[].allowedHosts": {
    meaning:
      "for `generic`: further hosts of its token server, uploads and downloads, beside its own and the known ones (`src/contract/providers/known-hosts.ts`)",
  },
  "destinations[].plainHttp": { meaning: "plain HTTP; for loopback hosts only" },
  "destinations[].federation.audience": {
    meaning: "the provider of the workload identity pool, `//iam.googleapis.com/projects/NUMBER/...`",
    otherwise: "anonymous access",
  },
  "destinations[].federation.serviceAccount": {
    meaning: "the service account to impersonate; without it the federated principal itself writes",
  },
  "destinations[].keySecret": {
    meaning:
      "for `artifactRegistry` without federation: the full ARN of a secret in AWS Secrets Manager that holds a service account's key file",
  },
  "destinations[].loginSecret": {
    meaning: "for `generic`: the full ARN of a secret in AWS Secrets Manager that holds a login (below)",
    otherwise: "anonymous access",
  },
  "destinations[].secretEncryptionKey": {
    meaning: "the ARN of the KMS key that `keySecret` or `loginSecret` is encrypted with",
    otherwise: "the account's `aws/secretsmanager`",
  },
  "destinations[].requestsPerSecond": {
    meaning:
      "maximum requests per second, over all functions; the default stays within Artifact Registry's quota of 18,000 writes a minute",
  },
  "destinations[].preCopyGigabytesPerDay": {
    meaning:
      "the most gigabytes a day, for each repository, that are copied before a tag names them and that no tag uses; fractions are allowed, 0: no pre-copies ([decision 64](../decisions/0064-blobs-before-their-tag.md))",
  },
  "destinations[].circuit.window": {
    meaning: 'the sliding window: calls of the last `{"seconds": N}`, or the last `{"calls": N}`',
  },
  "destinations[].circuit.minimumCalls": {
    meaning: "the circuit stays closed with fewer calls than this in the window",
  },
  "destinations[].circuit.failureRate": { meaning: "share of failed calls that opens the circuit" },
  "destinations[].circuit.slowRate": { meaning: "share of uploads below 64 KiB/s that opens it" },
  "rules[].name": {
    meaning: "a unique name, which receipts and log lines contain",
    otherwise: "`rule 1`, `rule 2`, ... by its place",
  },
  "rules[].priority": { meaning: "an integer; higher ones first, equal ones in the order of the document" },
  "rules[].repositories": {
    meaning:
      "source repositories: globs or `{ regex: ... }` ([patterns](rules.md#patterns)). A glob has at most 3 wildcards in a component, `**` included, and fewer with many alternatives, because more would take too long to match",
  },
  "rules[].tags": {
    meaning:
      "tags: globs with at most 4 wildcards, `{ regex: ... }` or `{ semver: ... }`. Signatures, SBOMs and other referrers follow their image, whatever their own tag",
  },
  "rules[].exclude.repositories": { meaning: "patterns of repositories that this rule does not copy" },
  "rules[].exclude.tags": { meaning: "patterns of tags that it does not copy" },
  "rules[].latest.count": {
    meaning: "copy only so many tags of a repository: the newest of those that the patterns select",
    otherwise: "all",
  },
  "rules[].latest.by": { meaning: "`pushed`, the time that ECR gives for the image, or `version`" },
  "rules[].minAgeMinutes": {
    meaning: "copy an image only when it is this old, at most 10,080 (a week)",
    otherwise: "0",
  },
  "rules[].artifactTypes.include": {
    meaning: "copy only images of these artifact types; `*` stands for any characters",
    otherwise: "all",
  },
  "rules[].artifactTypes.exclude": { meaning: "copy no images of these types" },
  "rules[].platforms.include": {
    meaning: "copy only these platforms of each image, as `linux/arm64/v8` ([platforms](rules.md#platforms))",
    otherwise: "all",
  },
  "rules[].platforms.keep": {
    meaning:
      "what becomes of an index: `sparse`, the same digest, which some registries refuse, or `strip`, another digest without the signatures of the first",
  },
  "rules[].untagged": { meaning: "also copy images without a tag, by their digests" },
  "rules[].gate.signatures.keys[].name": { meaning: "a name of the key, for receipts" },
  "rules[].gate.signatures.keys[].pem": {
    meaning:
      "a public key of cosign in PEM: EC, RSA or Ed25519. A signature by one of the keys, or by one of the identities, is enough",
  },
  "rules[].gate.signatures.identities[].subject": {
    meaning:
      "who signs without a key: the subject of the certificate, as a whole. `*` stands for characters other than `/`, `**` for whole parts of a path ([identities](gate.md#identities))",
  },
  "rules[].gate.signatures.identities[].issuer": {
    meaning:
      "who has vouched for the subject, exactly: `https://token.actions.githubusercontent.com` for GitHub Actions",
  },
  "rules[].gate.signatures.identities[].trustedRoot": {
    meaning: "the name of the trusted root that verifies it",
    otherwise: "the only one",
  },
  "rules[].gate.referrers": {
    meaning:
      "what must be attached: `{ artifactType: ... }`, in which `*` stands for any characters, or `{ predicateType: ... }` of an in-toto attestation ([attachments](gate.md#attachments))",
  },
  "rules[].gate.scan.maxSeverity": {
    meaning:
      "the most severe finding of a scan by ECR that an image may have: `none`, `informational`, `low`, `medium`, `high` or `critical`",
  },
  "rules[].gate.scan.unsupported": {
    meaning: "what happens to an image that ECR cannot scan: `quarantine` or `pass`",
  },
  "rules[].gate.maxBytes": {
    meaning: "the most bytes of an image, over all its platforms and without its attachments",
  },
  "rules[].gate.baseImages": {
    meaning: "globs of base images that are allowed, with their registry ([base images](gate.md#base-images))",
    otherwise: "all",
  },
  "rules[].gate.waitHours": {
    meaning:
      "how long an image waits for a signature, an attachment or a scan before it is quarantined, at most 168 (a week)",
  },
  "rules[].gate.overrides[].image": {
    meaning: "the image that may leave although it does not meet the gate: `repository:tag` or `repository@sha256:...`",
  },
  "rules[].gate.overrides[].until": { meaning: "when that ends: `2026-12-31T18:00:00Z`" },
  "rules[].gate.overrides[].by": { meaning: "who decided it, for receipts" },
  "rules[].gate.overrides[].reason": { meaning: "why, for receipts" },
  "rules[].preCopy": {
    meaning:
      "copy the blobs of a manifest that is pushed without a tag at once: most likely it is a platform of an index that gets a tag when the others are built",
    otherwise: "`true` if the rule selects every tag and has no gate",
  },
  "rules[].conflict": {
    meaning:
      "what to do if the target's tag names an image that Freightliner did not put there ([conflicts](rules.md#conflicts)): `source-wins`, `target-wins`, `newest-wins`, `skip`, `fail`, `merge`, `converge`, or `{ rename: \"{tag}-from-aws\" }`, the tag that the source's image gets instead",
  },
  "rules[].deletes": {
    meaning:
      "what happens at the target when a tag is deleted at the source ([deletes](deletes.md)): `ignore`, `mirror`, or `{ mode: mirror }` with `graceHours`, `maxRatioPerDay` and `dryRun` as below",
  },
  "rules[].retention.keepLatest": {
    meaning:
      "copy, and keep at the target, only so many tags of a repository: the newest of those that the patterns select",
    otherwise: "all",
  },
  "rules[].retention.graceHours": { meaning: "hours until a tag is deleted, 0.25 to 2,160" },
  "rules[].retention.maxRatioPerDay": {
    meaning: "the largest share of a repository's tags that is deleted in 24 hours; one tag in any case",
  },
  "rules[].retention.dryRun": { meaning: "only report what would be deleted" },
  "rules[].notify": {
    meaning: "names of [channels](../operate/notifications.md) that are told about its images; `[]`: none",
    otherwise: "all",
  },
  "rules[].destinations": { meaning: "names of destinations" },
  "rules[].as": {
    meaning:
      "another repository name at the target: a name, for a rule of exactly one repository, or a [template](rules.md#names-at-the-target) with `{repository}`, `{namespace}` and `{name}`",
    otherwise: "the source's name",
  },
  "trustedRoots[].name": { meaning: "a name, to which identities refer: lower case, digits, `-`" },
  "trustedRoots[].root": {
    meaning:
      "authorities and logs of an instance of Sigstore: its `trusted_root.json`, written out ([trusted roots](gate.md#trusted-roots))",
    otherwise: "in `file`",
  },
  "trustedRoots[].file": {
    meaning:
      "in place of `root`: the path of that JSON file, relative to this one; only in the file that a stack is deployed with",
    otherwise: "in `root`",
  },
  sparseIndexes: {
    meaning: "an index some of whose children are missing at the source: `fail`, or `keep` it as it is",
  },
  "retries.preset": { meaning: "`off`, `standard` (3 tries in place, then the queue) or `patient` (5)" },
  "retries.operations": {
    meaning: "for an operation (`put-blob`, `resolve`, ...): `tries`, `baseMs`, `busyMs` instead of the preset's",
  },
  "reconcile.include": {
    meaning: "globs of repositories to compare with their destinations, among those that a rule names",
  },
  "reconcile.exclude": { meaning: "globs of repositories not to compare" },
  "reconcile.everyMinutes": {
    meaning:
      "time from the start of one comparison to the next, at most 4,320 (three days); the function is called every minute",
  },
  "reconcile.graceSeconds": {
    meaning: "a comparison ignores pushes younger than this: their event is still on its way",
  },
  "reconcile.backfill": {
    meaning:
      "which images from before the deployment of a destination are copied: `off`, `everything`, `{ since: 2026-01-31 }` or `{ upToGigabytes: 500 }` ([backfill](rules.md#backfill))",
    otherwise: "`{ upToGigabytes: 100 }`",
  },
  "reconcile.schedules[].name": { meaning: "short, unique name of an extra comparison" },
  "reconcile.schedules[].at": { meaning: "when it starts: `rate(...)` or `cron(...)` of EventBridge Scheduler" },
  "reconcile.schedules[].timeZone": { meaning: "time zone of a cron expression, from the IANA database" },
  "reconcile.schedules[].include": { meaning: "globs of the repositories it compares" },
  "reconcile.schedules[].exclude": { meaning: "globs of repositories it skips" },
  longLane: {
    meaning:
      "builds for copies that take longer than a function's 15 minutes ([decision 36](../decisions/0036-the-long-lane-is-a-build.md)). `false` omits the CodeBuild project, its role and the long queues: such an image is tried three times and then becomes a dead letter, `too-large`. Let the long queues drain before you switch it off: they are deleted with their messages, and only the next comparison requests those images again",
  },
  ...STACK_TEXTS,
};
