import type { Layer } from "./layer.ts";
import { INSPECTION_ROOMS } from "./inspection-rooms.ts";
import { REGISTRY_ROOMS } from "./registry-rooms.ts";
import { REPLICATION_ROOMS } from "./replication-rooms.ts";

const NODE = ["node:*", "node:*/*"] as const;
const POWERTOOLS = ["@aws-lambda-powertools/*", "@aws-lambda-powertools/*/*"] as const;
const SRC = "src";

/**
 * Which folder may import which. `npm run layers` generates the linter's rules (`lint/layering.json`) and the tables of CONTRIBUTING.md
 * from this table.
 */
export const LAYERS: readonly Layer[] = [
  {
    folder: "src/async",
    holds: "time, abort signals, bounded concurrency and caches",
    imports: [],
    packages: ["node:timers/promises"],
  },
  {
    folder: "src/oci",
    holds: "the words of the specifications, and the ports of a source and a target: pure, no I/O",
    imports: [],
    packages: ["zod", "node:crypto"],
    rooms: {
      ".": { holds: "descriptors, digests, manifests, references, and the ports", rooms: ["json", "errors", "names"] },
      json: { holds: "JSON of others: bounded, with optional fields; signed envelopes", rooms: ["errors"] },
      names: { holds: "names of hosts and of Docker Hub", rooms: ["errors"] },
      errors: { holds: "what fails, and how people read it", rooms: [] },
    },
  },
  {
    folder: "src/registry",
    holds: "HTTP clients of registries; time is a parameter",
    imports: ["src/oci", "src/async"],
    packages: ["zod", "undici", "node:stream", "node:stream/*", "node:crypto", "node:net", "node:dns", "node:v8"],
    rooms: REGISTRY_ROOMS,
  },
  {
    folder: "src/replication",
    holds: "what to copy, and in which order; I/O, time and chance are parameters",
    imports: ["src/oci", "src/async"],
    packages: ["zod"],
    rooms: REPLICATION_ROOMS,
  },
  {
    folder: "src/contract",
    holds: "configuration, names and limits that the stack and the functions share",
    imports: ["src/oci"],
    packages: ["zod", "yaml", "picomatch", "re2js", "semver/*/*", "node:crypto", "../../../package.json"],
    rooms: {
      configuration: {
        holds: "the configuration, parsed and checked",
        rooms: ["layers", "providers", "rules", "gate", "patterns", "source", "channels", "stack"],
      },
      warnings: { holds: "valid, and probably not meant", rooms: ["configuration", "providers", "rules", "patterns"] },
      source: { holds: "the source of a configuration, by its kind", rooms: ["providers", "rules", "patterns"] },
      channels: { holds: "channels of notifications, parsed and checked", rooms: ["providers", "rules"] },
      rules: { holds: "rules, parsed and compiled", rooms: ["gate", "patterns"] },
      gate: { holds: "gates of rules, parsed and compiled", rooms: ["patterns"] },
      patterns: { holds: "globs, regular expressions and version ranges", rooms: [] },
      layers: { holds: "documents of several layers as one, and its version", rooms: [] },
      providers: { holds: "kinds of registry, and their known hosts", rooms: ["stack"] },
      stack: { holds: "names, limits, queues, variables and prices of the deployed stack", rooms: ["version"] },
      version: { holds: "the version of the package", rooms: [] },
      telemetry: { holds: "metrics, logs and traces", rooms: [] },
    },
  },
  {
    folder: "src/inspection",
    holds: "what a plan and a verification find at both ends; nothing is written",
    imports: ["src/oci", "src/async", "src/contract", "src/replication"],
    packages: ["zod", "node:crypto"],
    rooms: INSPECTION_ROOMS,
  },
  {
    folder: "src/reload",
    holds: "which configuration is in force: layered, checked, reloaded",
    imports: ["src/oci", "src/async", "src/contract"],
    packages: ["zod"],
  },
  {
    folder: "src/aws",
    holds: "adapters for AWS",
    imports: ["src/oci", "src/async", "src/contract", "src/reload", "src/replication", "src/registry"],
    packages: ["@aws-sdk/*", "zod", ...POWERTOOLS, ...NODE],
    rooms: {
      ".": { holds: "Lambda, CodeBuild and CloudWatch", rooms: ["client", "sqs"] },
      client: { holds: "limits, aborts and credentials of SDK clients, and pages of a table", rooms: [] },
      sqs: { holds: "copy queues, dead letters and message visibility", rooms: ["client"] },
      contents: { holds: "what images consist of, beside the records of their tags", rooms: ["client"] },
      dynamodb: { holds: "the table of records and receipts", rooms: ["client"] },
      prune: { holds: "records of the table without a use", rooms: ["client"] },
      ecr: { holds: "credentials and the catalog of ECR", rooms: [] },
      secrets: { holds: "credentials in Secrets Manager", rooms: ["client"] },
      appconfig: { holds: "the external document in AppConfig", rooms: ["client"] },
      kms: { holds: "signatures by a key in KMS", rooms: ["client"] },
      chain: { holds: "what every invocation of a function goes through", rooms: [".", "sqs"] },
      scheduler: { holds: "schedules of jobs in EventBridge Scheduler", rooms: ["client"] },
    },
  },
  {
    folder: "src/google",
    holds: "adapters for Google Cloud",
    imports: ["src/oci", "src/async", "src/contract", "src/replication", "src/registry"],
    packages: ["google-auth-library", "zod", ...NODE],
  },
  {
    folder: "src/signatures",
    holds: "signatures of images, verified",
    imports: ["src/oci", "src/replication"],
    packages: ["zod", "node:crypto", "@sigstore/bundle", "@sigstore/protobuf-specs", "@sigstore/verify"],
  },
  {
    folder: "src/tracing",
    holds: "spans, sent to a collector by OTLP",
    imports: ["src/oci", "src/async", "src/contract", "src/replication"],
    packages: ["@opentelemetry/*"],
  },
  {
    folder: "src/channels",
    holds: "notifications to chat rooms, webhooks, mailboxes and event buses",
    imports: ["src/oci", "src/async", "src/registry", "src/replication", "src/aws"],
    packages: ["zod", "node:crypto", "@aws-sdk/*"],
  },
  {
    folder: "src/wiring",
    holds: "the composition of adapters and ports, for the functions and the command",
    imports: [
      "src/oci",
      "src/async",
      "src/contract",
      "src/reload",
      "src/replication",
      "src/inspection",
      "src/registry",
      "src/aws",
      "src/google",
      "src/channels",
    ],
    packages: ["@aws-sdk/*", "zod", "node:fs/promises"],
    rooms: {
      ".": { holds: "the composition of adapters and ports, for the functions", rooms: ["operations", "calls"] },
      listings: { holds: "what both sides have, for the comparison", rooms: ["."] },
      calls: { holds: "events by which operators call a function, and its answers", rooms: [] },
      operations: { holds: "what the command and the page read and do in a deployed stack", rooms: [] },
      letters: { holds: "dead letters, and their way back to the queues", rooms: ["operations"] },
      reports: { holds: "checks and recounts of a deployed stack", rooms: ["operations", "calls"] },
      planning: { holds: "both sides, as a plan and its execution reach them", rooms: [".", "listings", "operations"] },
    },
  },
  {
    folder: "src/loopback",
    holds: "HTTP servers for programs on this machine, and the console's",
    imports: [],
    packages: ["zod", ...NODE],
  },
  {
    folder: "src/api",
    holds: "the HTTP API of a stack: routes, schemas, guards",
    imports: ["src/oci", "src/async", "src/contract", "src/replication", "src/inspection", "src/wiring"],
    packages: ["hono", "hono/*", "@hono/zod-openapi", "prom-client"],
    rooms: {
      ".": {
        holds: "the app: guards, routes, and its document",
        rooms: ["routes", "holds", "inspections", "guards", "protocol"],
      },
      routes: { holds: "one file for each resource", rooms: ["protocol", "reading", "schemas", "zod"] },
      holds: { holds: "pauses of repositories, and cancellations of copies", rooms: ["protocol", "zod"] },
      inspections: { holds: "what plans and verifications of jobs have found", rooms: ["protocol", "zod"] },
      schemas: { holds: "what several routes answer", rooms: ["zod"] },
      reading: { holds: "what a stack's status is turned into", rooms: [] },
      guards: { holds: "limits, permissions and the audit log", rooms: ["protocol"] },
      protocol: { holds: "ports, callers, pages, and problems as answers", rooms: ["zod"] },
      zod: { holds: "zod with what OpenAPI needs", rooms: [] },
    },
  },
  {
    folder: "console",
    holds: "the console: pages in a browser, which use the HTTP API",
    imports: ["src/api"],
    packages: [
      "preact",
      "preact/*",
      "@preact/preset-vite",
      "uplot",
      "uplot/*/*",
      "vite",
      "node:crypto",
      "node:fs",
      "node:path",
      "node:url",
    ],
  },
  {
    folder: "functions",
    holds: "handlers: parse, call replication, respond. `index.ts` wires one function",
    imports: ["src/oci", "src/async", "src/replication", "src/inspection", "src/contract", "src/reload", "src/api"],
    packages: ["zod", "aws-lambda"],
  },
  {
    folder: "infra",
    holds: "the stack",
    imports: ["src/contract"],
    packages: ["aws-cdk-lib", "aws-cdk-lib/*", "constructs", "esbuild", "cdk-nag", "zod", ...NODE],
    rooms: {
      ".": {
        holds: "the construct, the stack and the app",
        rooms: ["functions", "monitoring", "access", "storage", "settings"],
      },
      functions: {
        holds: "Lambda functions, their bundles and schedules",
        rooms: ["access", "storage", "settings", "bundling"],
      },
      bundling: { holds: "options of the bundler, and leaner forms of packages", rooms: [] },
      monitoring: { holds: "alarms, dashboard and saved queries", rooms: ["storage", "functions"] },
      access: { holds: "IAM, KMS and queue policies", rooms: ["storage"] },
      storage: { holds: "queues and the table", rooms: ["settings"] },
      settings: { holds: "settings and names of a deployment", rooms: [] },
    },
  },
  {
    folder: "local",
    holds: "the whole system on one machine",
    imports: [SRC, "functions", "console"],
    packages: ["zod", "@aws-sdk/*", "dynalite", "fauxqs", "undici", ...NODE],
  },
  {
    folder: "cli",
    holds: "the command",
    imports: [SRC],
    packages: ["@commander-js/extra-typings", "yaml", "zod", "undici", ...NODE],
  },
  {
    folder: "reference",
    holds: "JSON Schemas and the reference page of the configuration, generated",
    imports: ["src/contract", "src/replication/pending", "src/replication/proof"],
    packages: ["zod", "node:fs/promises"],
  },
  {
    folder: "bench",
    holds: "the measurements",
    imports: [SRC, "local", "console"],
    packages: ["zod", "undici", "selfsigned", "playwright-core", "@aws-sdk/lib-dynamodb", ...NODE],
  },
];

/** Files of `functions` that wire a function, and what they may import in addition. */
export const WIRING = {
  files: ["functions/*/index.ts", "functions/copy/long-lane.ts", "functions/copy/open-copier.ts"],
  imports: [SRC],
  packages: ["@aws-sdk/*", "@middy/core", "aws-lambda", "zod", "google-auth-library", ...POWERTOOLS, ...NODE],
} as const;
