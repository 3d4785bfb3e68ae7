import type { Digest } from "../../oci/digest.ts";
import type { OwnPuts } from "./own-digest.ts";

/** What this delivery, and those before it, have put under the tag. */
export interface PutAnnouncements {
  readonly own: () => OwnPuts;
  /** The put that comes next: it is recorded with the renewal of the lease before it. */
  readonly announce: (digest: Digest, at: number) => void;
  /** The last announcement. */
  readonly last: () => { readonly digest: Digest; readonly at: number } | undefined;
}

/** @param known what the record said when the tag was claimed. */
export function createPutAnnouncements(known: OwnPuts): PutAnnouncements {
  let puts = known.puts ?? [];
  let last: ReturnType<PutAnnouncements["last"]>;
  return {
    own: () => ({ ...known, puts }),
    announce(digest, at) {
      last = { digest, at };
      puts = [...puts, last];
    },
    last: () => last,
  };
}
