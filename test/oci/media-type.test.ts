import { describe, expect, it } from "vitest";
import { isNonDistributable, MANIFEST_ACCEPT, manifestKind, MediaType } from "../../src/oci/media-type.ts";

describe("a media type", () => {
  it("of every known manifest is accepted in a request, so that no registry converts it", () => {
    const accepted = MANIFEST_ACCEPT.split(", ");
    const manifests = Object.values(MediaType).filter((type) => manifestKind(type) !== undefined);
    expect(accepted.toSorted()).toEqual(manifests.toSorted());
    expect(accepted).toHaveLength(8);
  });

  it.each([MediaType.ociConfig, MediaType.ociLayer, MediaType.ociEmpty, "text/html", "", "constructor"])(
    "that is no manifest's has no kind: %j",
    (type) => {
      expect(manifestKind(type)).toBeUndefined();
    },
  );

  it.each([
    ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true],
    ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true],
    [MediaType.ociLayerGzip, false],
    ["application/vnd.docker.image.rootfs.diff.tar.gzip", false],
  ])("of layers tells whether registries hold them: %s %s", (type, expected) => {
    expect(isNonDistributable(type)).toBe(expected);
  });
});
