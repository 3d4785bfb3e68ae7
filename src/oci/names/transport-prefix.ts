import { FormatError } from "../errors/format-error.ts";
import { quoted } from "../errors/quoted.ts";

/** Transports of containers-transports(5), and of regctl, that name something on this machine. */
const LOCAL =
  /^(?:oci|oci-archive|docker-archive|docker-daemon|containers-storage|dir|ostree|sif|tarball|ocidir|ocifile|atomic):(?!\d{1,5}\/)/;

/**
 * Removes `docker://`, with which skopeo and podman mark a reference to a registry.
 * @throws {FormatError} for a transport that is not a registry, and for a URL.
 */
export function withoutTransport(text: string): string {
  if (text.startsWith("docker://")) return text.slice("docker://".length);
  // Helm and Flux mark a reference to a registry with `oci://`; `oci:` is an image layout.
  const local = text.startsWith("oci://") ? undefined : LOCAL.exec(text)?.[0];
  if (local !== undefined) {
    const problem = `${quoted(text)} begins with "${local}", which names no registry; only images in registries are copied (write registry/repository:tag)`;
    throw new FormatError("reference", problem);
  }
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme === undefined) return text;
  throw new FormatError("reference", `${quoted(text)} is a URL; leave out "${scheme}"`);
}
