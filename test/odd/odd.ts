import type { ImageContent } from "../../local/images/image-content.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Oddity } from "./odd-registry.ts";

/** The one user of registries with a login, and how a Docker configuration names them. */
export type OddLogin =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "identity-token"; readonly token: string };

/** A registry that does something in a way of its own, and what a copy from or to it has to bring. */
export interface Odd {
  /** Says what it does, as a behaviour. */
  readonly name: string;
  /** Which registries do so. */
  readonly seenAt: string;
  /** Where that is written: a specification's section, a manual, a public report. */
  readonly source: string;
  readonly side: "source" | "target";
  readonly oddity: () => Oddity;
  readonly login?: OddLogin;
  /** What is copied; a small image of one platform when not given. */
  readonly image?: () => ImageContent;
  /** Other hosts of this machine that the copy has to be allowed: what `--allow-host` names. */
  readonly allows?: "download";
  /** Set where Freightliner refuses on purpose: words of its refusal. */
  readonly refusal?: string;
  /** The one platform that is wanted, `OS/ARCH`, and the manifest that is it; all when not given. */
  readonly platform?: { readonly name: string; readonly of: (image: ImageContent) => Descriptor | undefined };
}
