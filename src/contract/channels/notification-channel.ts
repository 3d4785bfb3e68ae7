import * as z from "zod";
import { isLoopback } from "../../oci/names/loopback.ts";
import { HostPatterns, KeyArn, SecretArn } from "../providers/provider.ts";
import { ShortName } from "../rules/rule-document.ts";

/** What a channel can be told; those that it is told by default come first. */
const KINDS = ["failed", "late", "quarantined", "alarm", "recovered"] as const;

const BusArn = z
  .string()
  .regex(/^arn:aws(?:-[a-z]+)*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256}$/, "is not the ARN of an event bus");

const common = {
  /** By which rules name it. */
  name: ShortName,
  on: z.array(z.enum(KINDS)).min(1).default(KINDS.slice(0, -1)),
  /** Collects notices, and sends what there is at this interval as one message. */
  digestMinutes: z.int().min(1).max(1_440).optional(),
};

/** The secret that holds only the webhook's URL, and the KMS key of that secret, unless it is the account's `aws/secretsmanager`. */
const secret = { webhook: SecretArn, secretEncryptionKey: KeyArn.optional() };

const Slack = z.strictObject({ kind: z.literal("slack"), ...common, ...secret });
const Teams = z.strictObject({ kind: z.literal("teams"), ...common, ...secret });
const Webhook = z
  .strictObject({
    kind: z.literal("webhook"),
    ...common,
    ...secret,
    /** Hosts that the URL may name. */
    hosts: HostPatterns.min(1),
    /** The secret with the keys that sign (Standard Webhooks). */
    signingSecret: SecretArn.optional(),
    /** Plain HTTP; for loopback hosts only. */
    plainHttp: z.boolean().default(false),
  })
  .superRefine(({ hosts, plainHttp }, context) => {
    const far = plainHttp ? hosts.filter((host) => !isLoopback(host)) : [];
    for (const host of far) {
      const message = `plain HTTP is only for loopback hosts, not for ${host}`;
      context.addIssue({ code: "custom", path: ["plainHttp"], message });
    }
  });
const Email = z.strictObject({ kind: z.literal("email"), ...common, addresses: z.array(z.email()).min(1).max(20) });
const EventBus = z.strictObject({ kind: z.literal("eventBridge"), ...common, bus: BusArn });

/** A place that is told about outcomes and alarms. */
export const NotificationChannel = z.discriminatedUnion("kind", [Slack, Teams, Webhook, Email, EventBus]);
export type NotificationChannel = z.infer<typeof NotificationChannel>;

/** Objects whose fields a suggestion may name. */
export const CHANNEL_PARTS = [Slack, Teams, Webhook, Email, EventBus] as const;

/** ARNs of the secrets of a channel, each with its KMS key. */
export function secretsOf(
  channel: NotificationChannel,
): { readonly arn: string; readonly encryptionKey: string | undefined }[] {
  if (!("webhook" in channel)) return [];
  const signing = channel.kind === "webhook" ? (channel.signingSecret ?? []) : [];
  return [channel.webhook, ...[signing].flat()].map((arn) => ({ arn, encryptionKey: channel.secretEncryptionKey }));
}

/** Problems between channels and rules: names that are unknown or defined twice; one line each, with the field. */
export function channelProblems(
  channels: readonly NotificationChannel[],
  rules: readonly { readonly notify?: readonly string[] | undefined }[],
): string[] {
  const names = channels.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const known = names.length === 0 ? "there are none in stack.notifications" : `known: ${names.join(", ")}`;
  return [
    ...[...new Set(twice)].map((name) => `stack.notifications: "${name}" is defined twice`),
    ...rules.flatMap(({ notify = [] }, index) =>
      notify
        .filter((name) => !names.includes(name))
        .map((name) => `rules[${index}].notify: "${name}" is not a channel (${known})`),
    ),
  ];
}
