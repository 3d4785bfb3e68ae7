import * as z from "zod";
import { CircuitRecord } from "../../replication/destination/circuit.ts";
import { Bucket } from "../../replication/destination/sliding-window.ts";

/** The stored form of a bucket has the failures of repositories in `culprits`: items of earlier versions keep that name. */
const StoredBucket = z.codec(
  Bucket.omit({ repositories: true }).extend({ culprits: Bucket.shape.repositories }),
  z.custom<Bucket>(),
  {
    decode: ({ culprits, ...counts }) => (culprits === undefined ? counts : { ...counts, repositories: culprits }),
    encode: ({ repositories, ...counts }) =>
      repositories === undefined ? counts : { ...counts, culprits: repositories },
  },
);

const [, Open, HalfOpen] = CircuitRecord.options;

/** The circuit of a destination and its stored form. */
export const StoredCircuitRecord = z.discriminatedUnion("state", [
  z.object({ state: z.literal("closed"), buckets: z.array(StoredBucket) }),
  Open,
  HalfOpen,
]);
