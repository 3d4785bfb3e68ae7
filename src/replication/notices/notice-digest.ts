import * as z from "zod";
import type { Change } from "../state/record-store.ts";
import { oneLine } from "./notice.ts";
import type { Notice } from "./notice.ts";

/** Notices of one kind, place, rule and reason: how many, and the first ones. */
const Group = z.object({ heading: z.string(), count: z.int(), samples: z.array(z.string()) });

const Collected = z.object({
  /** When the first of them was collected; epoch milliseconds. */
  since: z.number(),
  groups: z.array(Group),
  /** Notices of further groups. */
  others: z.int(),
});
export type Collected = z.infer<typeof Collected>;

/** What a channel with a digest has collected; one item of the store. Its size is bounded, however many notices there are. */
export const DigestRecord = z.object({
  open: Collected.optional(),
  /** What is being sent: it stays until it was delivered. */
  sending: Collected.extend({ id: z.string() }).optional(),
});
export type DigestRecord = z.infer<typeof DigestRecord>;
export type NoticeDigest = NonNullable<DigestRecord["sending"]>;

const MOST_GROUPS = 40;
const MOST_SAMPLES = 3;

/** Adds a notice to what is sent next. @param now epoch milliseconds. */
export function collect(record: DigestRecord = {}, notice: Notice, now: number): Change<DigestRecord, undefined> {
  const { open = { since: now, groups: [], others: 0 } } = record;
  return { next: { ...record, open: added(open, notice) }, answer: undefined };
}

function added(open: Collected, { group, title }: Notice): Collected {
  const known = open.groups.find(({ heading }) => heading === group);
  if (known === undefined) {
    if (open.groups.length === MOST_GROUPS) return { ...open, others: open.others + 1 };
    return { ...open, groups: [...open.groups, { heading: group, count: 1, samples: [title] }] };
  }
  const samples = known.samples.length < MOST_SAMPLES ? [...known.samples, title] : known.samples;
  const grown = { ...known, count: known.count + 1, samples };
  return { ...open, groups: open.groups.map((each) => (each === known ? grown : each)) };
}

/**
 * Takes what is to be sent now: what an earlier try has left, or what was collected since. It stays in the record until it is dropped, so
 * a crash sends it again instead of losing it. @param id of the new digest.
 */
export function takeDigest(record: DigestRecord = {}, id: string): Change<DigestRecord, NoticeDigest | undefined> {
  if (record.sending !== undefined) return { answer: record.sending };
  if (record.open === undefined) return { answer: undefined };
  const sending = { ...record.open, id };
  return { next: { sending }, answer: sending };
}

/** Removes a digest that was delivered. */
export function dropDigest(record: DigestRecord = {}, id: string): Change<DigestRecord, undefined> {
  if (record.sending?.id !== id) return { answer: undefined };
  const { sending: _delivered, ...rest } = record;
  return { next: rest, answer: undefined };
}

/** A digest as title and lines. */
export function describeDigest(
  { since, groups, others }: Collected,
  stack: string,
): { readonly title: string; readonly lines: readonly string[] } {
  const total = groups.reduce((sum, { count }) => sum + count, others);
  const lines = groups.flatMap(({ heading, count, samples }) => {
    const more = count - samples.length;
    return [
      `${count} × ${heading}`,
      ...samples.map((sample) => `   ${sample}`),
      ...(more > 0 ? [`   and ${more} more`] : []),
    ];
  });
  const rest = others > 0 ? [`${others} × other notices`] : [];
  const notices = total === 1 ? "1 notice" : `${total} notices`;
  return {
    title: oneLine(`${notices} of ${stack} since ${new Date(since).toISOString()}`),
    lines: [...lines, ...rest],
  };
}
