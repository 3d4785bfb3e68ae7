import { DOCKER_HUB, dockerHubName } from "../../oci/names/docker-hub.ts";
import { IN_TOTO } from "../../oci/json/dsse.ts";
import { quoted } from "../../oci/errors/quoted.ts";
import { blobsOf, nodesOf } from "../image/image-tree.ts";
import type { ImageNode, ImageTree } from "../image/image-tree.ts";
import type { GateCheck } from "../outcome/gate-audit.ts";
import { readAnnotated } from "./annotated-manifest.ts";

/** The name of the base image (image-spec, annotations.md). */
const BASE_NAME = "org.opencontainers.image.base.name";
const LONGEST_NAME = 512;

/** Whether the image, without its attachments, is small enough. A blob that several platforms share counts once. */
export function checkSize(tree: ImageTree, maxBytes: number): GateCheck {
  const image = { ...tree, referrers: [] };
  const manifests = nodesOf(image).reduce((sum, { manifest }) => sum + manifest.bytes.byteLength, 0);
  const bytes = blobsOf(image).reduce((sum, { size }) => sum + size, manifests);
  const detail = `${bytes} bytes`;
  if (bytes <= maxBytes) return { requirement: "size", result: "met", detail };
  return { requirement: "size", result: "refused", reason: "too-big", detail: `${detail}, more than ${maxBytes}` };
}

/**
 * Whether the base images that the manifests name are allowed. An index names it for all its platforms, or each of them for itself, or both: then
 * all must be allowed. The annotation is what the builder says: only a signature proves who that was.
 */
export function checkBase({ root }: ImageTree, accepts: (name: string) => boolean): GateCheck {
  const [whole, platforms] = [baseNameOf(root), platformsOf(root).map(baseNameOf)];
  const names = [whole, ...platforms].filter((name) => name !== undefined);
  const refused = names.find((name) => !accepts(name));
  const isNamed = whole !== undefined || (platforms.length > 0 && names.length === platforms.length);
  const requirement = "base-image";
  if (isNamed && refused === undefined) {
    return { requirement, result: "met", detail: [...new Set(names)].map(quoted).join(", ") };
  }
  return {
    requirement,
    result: "refused",
    reason: "base-image",
    detail: refused === undefined ? `no annotation ${BASE_NAME}` : quoted(refused),
  };
}

/** The images of an index, or the image itself: without build attestations, which are in the form of an image (BuildKit, "Attestation storage"). */
export function platformsOf(node: ImageNode): ImageNode[] {
  if (node.children.length > 0) return node.children.flatMap(platformsOf);
  const layers = readAnnotated(node.manifest)?.layers ?? [];
  const isAttestation = layers.length > 0 && layers.every(({ mediaType }) => mediaType === IN_TOTO);
  return isAttestation ? [] : [node];
}

/** Without tag and digest, and with the names that Docker Hub's images are short for. */
function baseNameOf({ manifest }: ImageNode): string | undefined {
  const text = readAnnotated(manifest)?.annotations.get(BASE_NAME);
  if (text === undefined || text === "" || text.length > LONGEST_NAME) return undefined;
  const name = text.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const [host = ""] = name.split("/");
  const isQualified = name.includes("/") && (/[.:]/.test(host) || host === "localhost");
  return isQualified ? name : `${DOCKER_HUB}/${dockerHubName(name)}`;
}
