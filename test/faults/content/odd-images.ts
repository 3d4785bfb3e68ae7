import { MediaType } from "../../../src/oci/media-type.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const pick = (random: () => number, below: number): number => Math.floor(random() * below);
export const some = (random: () => number, most: number): string[] =>
  Array.from({ length: 1 + pick(random, most) }, () => `layer ${random()}`);
export const uploads = ({ target }: ReplicateFixture): string[] =>
  target.calls.filter(({ operation }) => operation === "put-blob").map(({ reference }) => reference);
export const blobDescriptor = (repository: MemoryRepository, text: string, mediaType: string = MediaType.ociLayer) => ({
  mediaType,
  digest: repository.addBlob(bytes(text)),
  size: bytes(text).byteLength,
});
/** Adds an image whose manifest `change` rewrites. */
export function addOdd(
  repository: MemoryRepository,
  change: (document: Record<string, unknown>) => object,
  type?: string,
) {
  const config = blobDescriptor(repository, "{}", MediaType.ociConfig);
  const layers = [blobDescriptor(repository, "odd")];
  const mediaType = type ?? MediaType.ociManifest;
  return repository.addManifest(change({ schemaVersion: 2, mediaType, config, layers }), mediaType, "v1");
}
