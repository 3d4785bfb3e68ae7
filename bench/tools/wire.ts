import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CopyTask, Command, Tool } from "./tool.ts";

/**
 * What the wire gives: `curl` from one registry into `curl` to the other, every blob at once, with nothing verified. No tool can be much
 * faster; it is shown for the workload whose limit is bytes.
 */
export const WIRE: Tool = {
  name: "wire (curl | curl)",
  kind: "limit",
  takes: (workload) => workload === "big",
  commands: (task) => [...task.images].map(([tag]) => commandOf(tag, task)),
};

const SCRIPT = `
set -eu
curl() { command curl --fail --silent --show-error --http1.1 \${SSL_CERT_FILE:+--cacert "$SSL_CERT_FILE"} "$@"; }
blob() {
  session=$(curl -X POST -o /dev/null -w '%header{location}' "$to/blobs/uploads/")
  case $session in *\\?*) session="$session&digest=$1" ;; *) session="$session?digest=$1" ;; esac
  curl "$from/blobs/$1" | curl -X PUT -T - -H 'Transfer-Encoding:' -H "Content-Length: $2" -o /dev/null "$session"
}
from=$1 to=$2 tag=$3 manifest=$4 type=$5
shift 5
pids=
while [ $# -gt 0 ]; do
  blob "$1" "$2" & pids="$pids $!"
  shift 2
done
for pid in $pids; do wait "$pid"; done
curl -X PUT --data-binary "@$manifest" -H "Content-Type: $type" -o /dev/null "$to/manifests/$tag"
`;

function commandOf(tag: string, { from, to, images, isTls, folder }: CopyTask): Command {
  const image = images.get(tag);
  if (image === undefined) throw new Error(`there is no image ${tag}`);
  const url = (place: string): string => {
    const [registry = "", ...name] = place.split("/");
    return `${isTls ? "https" : "http"}://${registry}/v2/${name.join("/")}`;
  };
  const manifest = join(folder, `${tag}.json`);
  writeFileSync(manifest, image.root.bytes);
  const blobs = image.blobs.flatMap(({ descriptor: { digest, size } }) => [digest, String(size)]);
  return ["bash", "-c", SCRIPT, "wire", url(from), url(to), tag, manifest, image.root.descriptor.mediaType, ...blobs];
}
