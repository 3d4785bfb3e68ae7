import type { BundlingOptions } from "aws-cdk-lib/aws-lambda-nodejs";
import { OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
/** Dependencies that still `require` need a `require` inside an ES module. */
export const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
/** Packages of which the functions need a part: what stands for them in the bundles. */
const LEANER = {
  undici: "undici.cjs",
  "node-fetch": "node-fetch.cjs",
  "json-bigint": "json-bigint.cjs",
  debug: "debug.cjs",
  "google-auth-library": "google-auth-library.cjs",
  "@aws-sdk/credential-provider-node": "credential-provider-node.cjs",
} as const;
/** Parsers that undici loads only when asked to, or where the one it prefers cannot run: a third of a bundle. */
export const NEVER_LOADED = ["../milo/*", "../llhttp/llhttp-wasm.js"];

/** How a function becomes one file: an ES module, minified, the SDK and all else inside. */
export const BUNDLE: BundlingOptions = {
  format: OutputFormat.ESM,
  target: "node24",
  mainFields: ["module", "main"],
  minify: true,
  bundleAwsSDK: true,
  externalModules: NEVER_LOADED,
  banner: REQUIRE,
  esbuildArgs: Object.fromEntries(
    Object.entries(LEANER).map(([name, file]) => [`--alias:${name}`, `${ROOT}infra/bundling/${file}`]),
  ),
};

/** How the long lane becomes one file: as the functions do, but for where a build finds its credentials. */
export const BUILD_ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...LEANER, "@aws-sdk/credential-provider-node": "credential-provider-build.cjs" }).map(
    ([name, file]) => [name, `${ROOT}infra/bundling/${file}`],
  ),
);
