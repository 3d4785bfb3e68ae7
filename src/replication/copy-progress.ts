import type { Descriptor } from "../oci/descriptor.ts";

/** What a copy does, as it does it. */
export type CopyProgress =
  | { readonly kind: "planned"; readonly manifests: number; readonly blobs: readonly Descriptor[] }
  | { readonly kind: "blob-bytes"; readonly blob: Descriptor; readonly bytes: number }
  | { readonly kind: "blob-done"; readonly blob: Descriptor; readonly how: "uploaded" | "mounted" | "present" };

/** Called in order, from inside the copy: must be quick and must not throw. */
export type ObserveCopy = (progress: CopyProgress) => void;
