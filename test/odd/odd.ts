import type { ImageContent } from "../../local/images/image-content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Oddity } from "./odd-registry.ts";

/** The login of the only user, as a Docker configuration has it. */
export type OddLogin =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "identity-token"; readonly token: string };

/** A registry that behaves unusually, and the expected result of a copy from or to it. */
export interface Odd {
  /** Its behaviour, as a predicate. */
  readonly name: string;
  /** Registries that behave like this. */
  readonly seenAt: string;
  /** The reference: a section of a specification, a manual or a public report. */
  readonly source: string;
  readonly side: "source" | "target";
  readonly oddity: () => Oddity;
  readonly login?: OddLogin;
  /** The image to copy; a small image of one platform by default. */
  readonly image?: () => ImageContent;
  /** Set if the copy needs `--allow-host` for a download host. */
  readonly allows?: "download";
  /** Set if Freightliner refuses on purpose: a part of the message. */
  readonly refusal?: string;
  /** The platform to copy (`OS/ARCH`) and its manifest; all platforms by default. */
  readonly platform?: { readonly name: string; readonly of: (image: ImageContent) => Descriptor | undefined };
}
