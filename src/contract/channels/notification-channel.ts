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

const ChatRoom = z.strictObject({ kind: z.enum(["slack", "teams"]), ...common, ...secret });
const Webhook = z.strictObject({
  kind: z.literal("webhook"),
  ...common,
  ...secret,
  /** Hosts that the URL may name. */
  hosts: HostPatterns.min(1),
  /** The secret with the keys that sign (Standard Webhooks). */
  signingSecret: SecretArn.optional(),
  /** Plain HTTP; for loopback hosts only. */
  plainHttp: z.boolean().default(false),
});
const Email = z.strictObject({ kind: z.literal("email"), ...common, addresses: z.array(z.email()).min(1).max(20) });
const EventBus = z.strictObject({ kind: z.literal("eventBridge"), ...common, bus: BusArn });

/** A place that is told about outcomes and alarms. */
export const NotificationChannel = z.discriminatedUnion("kind", [ChatRoom, Webhook, Email, EventBus]);
export type NotificationChannel = z.infer<typeof NotificationChannel>;

/** Objects whose fields a suggestion may name. */
export const CHANNEL_PARTS = [ChatRoom, Webhook, Email, EventBus] as const;

/** Names that are unknown or defined twice, and plain HTTP beyond this machine; one line each, with the field. */
export function channelProblems(
  channels: readonly NotificationChannel[],
  rules: readonly { readonly notify?: readonly string[] | undefined }[],
): string[] {
  const names = channels.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const known = names.length === 0 ? "there are none in stack.notifications" : `known: ${names.join(", ")}`;
  return [
    ...[...new Set(twice)].map((name) => `stack.notifications: "${name}" is defined twice`),
    ...channels.flatMap((channel, index) => {
      const { hosts = [], plainHttp = false } = channel.kind === "webhook" ? channel : {};
      const far = plainHttp ? hosts.filter((host) => !isLoopback(host)) : [];
      return far.map((host) => `stack.notifications[${index}].plainHttp: ${PLAIN} ${host}`);
    }),
    ...rules.flatMap(({ notify = [] }, index) =>
      notify
        .filter((name) => !names.includes(name))
        .map((name) => `rules[${index}].notify: "${name}" is not a channel (${known})`),
    ),
  ];
}

const PLAIN = "plain HTTP is only for loopback hosts, not for";
