import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { push } from "../fixtures/images/push.ts";
import { startApi } from "./api-server.ts";

// `npm run test:api [-- OPTIONS]`: Schemathesis sends requests to the API of a local stack by its OpenAPI document, valid ones and others, and checks
// every answer: no 5xx, no undocumented status or content, nothing invalid accepted, nothing valid refused. It needs Python 3 and its package index.

const VERSION = "4.32.5";
const FOLDER = resolve(".peers", `schemathesis-${VERSION}`);
const PROGRAM = join(FOLDER, "bin", "schemathesis");

function install(): void {
  if (existsSync(PROGRAM)) return;
  console.error(`installing schemathesis ${VERSION} into .peers`);
  execFileSync("python3", ["-m", "venv", FOLDER], { stdio: "inherit" });
  execFileSync(join(FOLDER, "bin", "pip"), ["install", "--quiet", `schemathesis==${VERSION}`], { stdio: "inherit" });
}

install();
await using stack = await startStack({ concurrency: 2, timeoutSeconds: 60, reconcileAfterMs: 0 });
await using server = await startApi(stack);
await push(
  stack.source,
  imageOf([layer("fuzz", 1_000)], { os: "linux", architecture: "amd64" }),
  { repository: "team/app", tag: "v1" },
  NEVER,
);
const options = [
  "--max-examples",
  "20",
  "--seed",
  "1",
  "--workers",
  "2",
  "--rate-limit",
  "45/s",
  ...process.argv.slice(2),
];
const run = spawn(
  PROGRAM,
  ["--config-file", "test/api/schemathesis.toml", "run", `http://${server.host}/openapi.json`, ...options],
  { stdio: "inherit" },
);
const [code] = await once(run, "exit");
process.exitCode = Number(code ?? 1);
