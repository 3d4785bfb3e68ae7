import type { PushedTag, PushKey } from "../../replication/pending/pending-push.ts";

/** The partition of a destination: what is pending there is read without the rest of the table. */
export function pendingPartition(destination: string): string {
  return `PENDING#${destination}`;
}

/** How the sort keys of a tag begin. Neither a repository nor a tag contains "#". */
export function pendingPrefix({ repository, reference }: Omit<PushedTag, "destination">): string {
  return `${repository}:${reference}#`;
}

export function pendingKey({ destination, id, ...tag }: PushKey): { pk: string; sk: string } {
  return { pk: pendingPartition(destination), sk: `${pendingPrefix(tag)}${id}` };
}
