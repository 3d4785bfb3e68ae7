import { AssetHashType, DockerImage } from "aws-cdk-lib";
import type { AssetOptions } from "aws-cdk-lib/aws-s3-assets";
import { buildSync } from "esbuild";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ESM, NODE_BUNDLE } from "../bundling/esbuild-options.ts";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
/** Smaller replacements for packages of which the functions need only a part. */
const LEANER = {
  undici: "undici.cjs",
  "node-fetch": "node-fetch.cjs",
  "json-bigint": "json-bigint.cjs",
  debug: "debug.cjs",
  "google-logging-utils": "google-logging-utils.cjs",
  "google-auth-library": "google-auth-library.cjs",
  "@aws-sdk/credential-provider-node": "credential-provider-node.mjs",
  "@smithy/core/event-streams": "event-streams.mjs",
  "node:http2": "http2.cjs",
} as const;
export interface Bundle {
  /** Path of the entry point from the project's root. */
  readonly entry: string;
  /** Replacements in addition to those of every bundle: a package, and the file in `infra/bundling` that stands in for it. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Files beside the modules: name and content. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * An asset with the bundle: `index.mjs` with the AWS SDK and all other dependencies, minified, and beside it one module for each part that is
 * imported only when it is needed, such as the YAML parser. Node compiles those only then.
 */
export function bundled({ entry, aliases = {}, files = {} }: Bundle): AssetOptions {
  const alias = Object.entries({ ...LEANER, ...aliases });
  return {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Required by CDK, but never used: the local bundling always succeeds.
      image: DockerImage.fromRegistry("public.ecr.aws/docker/library/node:24"),
      // CDK builds assets with equal options once per app, and does not compare the code of `tryBundle`.
      environment: { BUNDLE: digestOf({ entry, aliases, files }) },
      local: {
        tryBundle(folder) {
          for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
          buildSync({
            ...NODE_BUNDLE,
            ...ESM,
            entryPoints: { index: join(ROOT, entry) },
            outdir: folder,
            alias: Object.fromEntries(alias.map(([name, file]) => [name, join(ROOT, "infra", "bundling", file)])),
            absWorkingDir: ROOT,
          });
          return true;
        },
      },
    },
  };
}

function digestOf(bundle: Bundle): string {
  return createHash("sha256").update(JSON.stringify(bundle)).digest("hex");
}
