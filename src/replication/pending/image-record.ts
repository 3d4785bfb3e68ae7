import * as z from "zod";
import type { Change } from "../state/record-store.ts";

/** Where the records of one image of the source are: the key of its tag record at each destination. Rules may rename repositories. */
export const ImageRecord = z.object({ tags: z.record(z.string(), z.string()) });
export type ImageRecord = z.infer<typeof ImageRecord>;

/** The key of an image of the source. */
export function imageKey({
  repository,
  reference,
}: {
  readonly repository: string;
  readonly reference: string;
}): string {
  return `${repository}:${reference}`;
}

/** Notes the tag record of a destination. */
export function nameTag(record: ImageRecord | undefined, destination: string, key: string): Change<ImageRecord, void> {
  if (record?.tags[destination] === key) return { answer: undefined };
  return { next: { tags: { ...record?.tags, [destination]: key } }, answer: undefined };
}
