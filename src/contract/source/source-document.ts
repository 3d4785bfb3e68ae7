import * as z from "zod";
import { isRepositoryName } from "../../oci/reference.ts";
import { globOf } from "../patterns/pattern.ts";
import { LONGEST } from "../patterns/glob.ts";
import { accountId, regionName } from "../providers/ecr.ts";
import { KeyArn, SecretArn } from "../providers/provider.ts";
import type { OptionProblem, RegistryAccess } from "../providers/provider.ts";
import { registryOfKind, sourceKinds, sourceOptions, unknownKindProblem } from "../providers/providers.ts";
import type { PROVIDERS } from "../providers/providers.ts";

/** Google signs what Pub/Sub pushes as this service account, for this audience (Pub/Sub, "Authentication for push subscriptions"). */
const PubSub = z.strictObject({
  kind: z.literal("pubSub"),
  serviceAccount: z.email(),
  /** `--push-auth-token-audience` of the subscription. */
  audience: z.string().min(1).max(256),
});

export const WEBHOOK_FORMATS = ["distribution", "harbor", "quay", "cloudEvents"] as const;
/** A registry's own notifications, with a secret that both sides know. */
const Webhook = z.strictObject({
  kind: z.literal("webhook"),
  format: z.enum(WEBHOOK_FORMATS),
  /** The secret that contains only the shared secret, as text. */
  secret: SecretArn,
  secretEncryptionKey: KeyArn.optional(),
});

/** Fields of an ECR registry as a source. */
const ofEcr = {
  /** Whether tags `freightliner:*` of a repository restrict its replication. Costs a request a minute for each repository and container. */
  repositoryTags: z.boolean().default(false),
};

const ArrivalsField = z.discriminatedUnion("kind", [PubSub, Webhook]);
/** How a source that is no ECR registry tells of pushes. */
export type Arrivals = z.infer<typeof ArrivalsField>;

const common = {
  /** The repositories that the functions may read: globs; those of the deployed rules by default. Rules of a reload stay within them. */
  repositories: z.array(globOf(LONGEST.repository)).min(1).optional(),
};

/** Fields of a source that is no ECR registry, in addition to the options of its kind. */
const elsewhere = {
  /** The account and region of the stack. An ECR registry has its own, where its events are. */
  account: accountId,
  region: regionName,
  /** Repository path in front of the names that rules and records have: for Artifact Registry `project/repository`. */
  prefix: z.string().refine(isRepositoryName, "is not a repository name").optional(),
  /** Without it, only comparisons find pushes. */
  arrivals: ArrivalsField.optional(),
};
const Elsewhere = z.object({ ...elsewhere, ...common });
const Placement = z.object({ ...elsewhere, ...ofEcr, ...common });

/** The registry that images are pushed to. */
export interface Source extends z.infer<typeof Placement> {
  readonly kind: string;
  /** How to reach its registry. */
  readonly access: RegistryAccess;
  /** Problems between well-formed options, found by its kind. */
  readonly problems: readonly OptionProblem[];
}

/** The schema of a source of one kind. @throws {RangeError} for a kind that is unknown. */
export function sourceSchema(kind: string): z.ZodObject {
  const options = sourceOptions(kind);
  if (options === undefined) throw new RangeError(unknownKindProblem(kind, sourceKinds()));
  return kind === "ecr"
    ? z.strictObject({ kind: z.literal("ecr").default("ecr"), ...options, ...ofEcr, ...common })
    : z.strictObject({ kind: z.literal(kind), ...elsewhere, ...options, ...common });
}

/** The kind decides which fields a source has; an ECR registry needs no kind. */
export const Source = z.looseObject({ kind: z.string().default("ecr") }).transform((written, context): Source => {
  const { kind } = written;
  if (sourceOptions(kind) === undefined) {
    const message = unknownKindProblem(kind, sourceKinds());
    context.addIssue({ code: "custom", path: ["kind"], message });
    return z.NEVER;
  }
  const parsed = sourceSchema(kind).safeParse(written);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  }
  const place = Placement.parse(written);
  return { ...place, kind, ...registryOfKind(kind, parsed.data, place.prefix ?? "") };
});

type Options<Kind extends keyof typeof PROVIDERS> = z.input<z.ZodObject<(typeof PROVIDERS)[Kind]["options"]>>;
/** A source in a document, of the built-in kinds. */
export type WrittenSource =
  | ({ readonly kind?: "ecr" } & Omit<Options<"ecr">, "createRepositories"> &
      z.input<z.ZodObject<typeof common & typeof ofEcr>>)
  | (z.input<typeof Elsewhere> &
      (
        | ({ readonly kind: "artifactRegistry" } & Options<"artifactRegistry">)
        | ({ readonly kind: "generic" } & Options<"generic">)
      ));

/** The names of the fields of all sources, for suggestions. */
export function sourceFieldNames(): string[] {
  const kinds = sourceKinds().flatMap((kind) => Object.keys(sourceOptions(kind) ?? {}));
  return [...Object.keys(Placement.shape), ...kinds, ...Object.keys(PubSub.shape), ...Object.keys(Webhook.shape)];
}
