import * as z from "zod";

/** What a channel can be told. */
export const NOTICE_KINDS = [
  /** A push cannot succeed without a change. */
  "failed",
  /** A push is pending for longer than the goal allows. */
  "late",
  /** The gate of a rule keeps an image at the source. */
  "quarantined",
  /** What was told as a problem is over. */
  "recovered",
  /** An alarm of the stack goes off. */
  "alarm",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The push that a notice is about: rules are found by it. */
const Push = z.object({
  destination: z.string(),
  repository: z.string(),
  reference: z.string(),
  /** The rule that decided; absent where no rule was asked. */
  rule: z.string().optional(),
});

/** One message for people or programs, before a channel formats it. */
export const Notice = z.object({
  /** The same each time it is delivered. */
  id: z.string().min(1),
  kind: z.enum(NOTICE_KINDS),
  /** What it is about, and what a later notice may be the end of: a tag at a destination, or an alarm. */
  subject: z.string(),
  /** When it happened; epoch milliseconds. */
  at: z.number(),
  /** One line. */
  title: z.string(),
  /** More lines, each about one thing. */
  lines: z.array(z.string()),
  /** The heading under which a digest counts it. */
  group: z.string(),
  /** Absent for an alarm. */
  push: Push.optional(),
  /** A recovery that only ever follows a problem, so it waits for it if it comes first. */
  followsProblem: z.boolean().optional(),
  /** How long the same problem is not told again, in milliseconds. */
  quietMs: z.number().optional(),
  /** The event itself, for programs. */
  data: z.record(z.string(), z.unknown()),
});
export type Notice = z.infer<typeof Notice>;

/** The longest line of a message, in characters. */
const LONGEST = 500;
/** Characters that could forge lines or change the direction of a text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** A text of others as one line of a message, at most 500 characters. */
export function oneLine(text: string): string {
  const line = text.replaceAll(UNSAFE, " ").trim();
  const characters = line.length > LONGEST ? Array.from(line) : [];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : line;
}
