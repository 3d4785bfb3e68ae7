import type { BundlingOptions } from "aws-cdk-lib/aws-lambda-nodejs";
import { OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
/** CommonJS dependencies need a `require` inside the ES module. */
export const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
/** Aliases of the bundles: smaller replacements for packages of which the functions need only a part. */
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
/** Parsers that undici loads only on request, or as a fallback for its preferred one: a third of a bundle. */
export const NEVER_LOADED = ["../milo/*", "../llhttp/llhttp-wasm.js"];

/** Leaves out undici's second parser, as Node's own build of undici does. */
export const WITHOUT_SECOND_PARSER = { esbuildDetection: "true" };

/** Bundles a function into one minified ES module, with the AWS SDK and all other dependencies. */
export const BUNDLE: BundlingOptions = {
  format: OutputFormat.ESM,
  target: "node24",
  mainFields: ["module", "main"],
  minify: true,
  bundleAwsSDK: true,
  externalModules: NEVER_LOADED,
  define: WITHOUT_SECOND_PARSER,
  banner: REQUIRE,
  esbuildArgs: Object.fromEntries(
    Object.entries(LEANER).map(([name, file]) => [`--alias:${name}`, `${ROOT}infra/bundling/${file}`]),
  ),
};

/** Aliases of the long lane's bundle: those of the functions, with the credentials of a build. */
export const BUILD_ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...LEANER, "@aws-sdk/credential-provider-node": "credential-provider-build.mjs" }).map(
    ([name, file]) => [name, `${ROOT}infra/bundling/${file}`],
  ),
);
