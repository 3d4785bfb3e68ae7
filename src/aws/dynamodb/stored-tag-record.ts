import * as z from "zod";
import { TagRecord } from "../../replication/state/tag-record.ts";

const Lease = TagRecord.shape.lease.unwrap();
const Stored = TagRecord.extend({ lease: Lease.omit({ dirty: true }).optional(), dirty: z.boolean() });

/**
 * A tag's record and its stored form, in which `dirty` is an attribute beside the lease. During a deployment or a rollback,
 * functions of another version read and write the same form. Without a lease the mark is dropped: it is meant for a holder, and
 * `wantedAt` has the time of the push.
 */
export const StoredTagRecord = z.codec(Stored, z.custom<TagRecord>(), {
  decode: ({ lease, dirty, ...record }) => (lease === undefined ? record : { ...record, lease: { ...lease, dirty } }),
  encode({ lease, ...record }) {
    if (lease === undefined) return { ...record, dirty: false };
    const { dirty, ...stored } = lease;
    return { ...record, lease: stored, dirty };
  },
});
