import { build } from "esbuild";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";

/** Sends requests to a server of its own, one after another. */
const PROGRAM = `
import { createServer } from "node:http";
import { once } from "node:events";
import { createConnections } from "./src/registry/http/connections.ts";
const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
await once(server, "listening");
const origin = "http://127.0.0.1:" + server.address().port;
const connections = createConnections();
for (let sent = 0; sent < 300; sent++) {
  const { body } = await connections.send({ method: "GET", origin, path: "/", headers: {}, signal: new AbortController().signal }).response;
  await body.dump();
}
await connections.close();
server.close();
`;

it("does not let V8 compile the parser of responses a second time", async () => {
  await using folder = await temporaryFolder();
  // Bundled, because Node removes types by WebAssembly too, which V8 then compiles in the same process.
  const outfile = join(folder.path, "program.mjs");
  const banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
  const resolveDir = join(import.meta.dirname, "../../..");
  await build({
    stdin: { contents: PROGRAM, resolveDir },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: banner },
    external: ["../milo/*", "../llhttp/llhttp-wasm.js"],
  });
  const { stdout } = await promisify(execFile)(process.execPath, ["--trace-wasm-compilation-times", outfile]);
  expect(stdout).toContain("using Liftoff");
  expect(stdout).not.toContain("using TurboFan");
});
