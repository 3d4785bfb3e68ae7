import type { Digest } from "../../../src/oci/digest.ts";

/** What a registry lets others see. */
export type RegistryEvent =
  /** A request has ended, well or not: the registry's access log. */
  | { readonly kind: "request"; readonly method: string; readonly path: string; readonly status: number }
  | { readonly kind: "blob-progress"; readonly repository: string; readonly bytes: number }
  | { readonly kind: "blob-stored"; readonly repository: string; readonly digest: Digest; readonly size: number }
  | {
      readonly kind: "manifest-stored";
      readonly repository: string;
      readonly digest: Digest;
      readonly mediaType: string;
      readonly artifactMediaType: string | undefined;
      readonly subject: Digest | undefined;
      /** Absent when it was put by digest. */
      readonly tag: string | undefined;
    };

export type OnRegistryEvent = (event: RegistryEvent) => void;
