import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOf } from "../../../src/loopback/address.ts";
import { freightliner } from "../../fixtures/processes/freightliner.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { makeCertificates } from "../../fixtures/servers/certificates.ts";

const SECRET = "c2VjcmV0";
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_SESSION_TOKEN: "the token",
  AWS_REGION: "eu-central-1",
};

const ANSWERS: Readonly<Record<string, object>> = {
  "/api/destinations/eu/pause": { destination: "eu" },
  "/api/checks": [{ about: "the quota", note: "only you know it" }, { about: "the rest" }],
  "/health": { status: "ok", version: "9.9.9" },
};

const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
const sha256 = (data: string): string => createHash("sha256").update(data).digest("hex");

/** The signature that a request must have (AWS General Reference, "Create a signed AWS API request"). */
function signatureOf({ method, url = "", headers }: IncomingMessage, body: string): string {
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+),/.exec(headers.authorization ?? "") ?? [];
  const [path = "", query = ""] = url.split("?");
  const sent = names.split(";").map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = [method, path, query.split("&").toSorted().join("&"), sent.join(""), names, sha256(body)].join(
    "\n",
  );
  const date = String(headers["x-amz-date"]);
  const key = scope.split("/").reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${SECRET}`);
  return hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")).toString("hex");
}

describe("a command that is given the address of a deployed API", () => {
  const parts = new AsyncDisposableStack();
  const got: string[] = [];
  let url: string;
  let ca: string;

  const run = (args: readonly string[], environment: Record<string, string> = CREDENTIALS) =>
    freightliner([...args, "--api", url], {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SHARED_CREDENTIALS_FILE: ca,
      AWS_CONFIG_FILE: ca,
      ...environment,
      NODE_EXTRA_CA_CERTS: ca,
    });

  /** Answers as a function URL with IAM: it passes on what is signed, and refuses the rest with a body of its own. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    got.push(`${request.method} ${request.url} ${body} ${String(request.headers["x-amz-security-token"])}`);
    const isSigned = request.headers.authorization?.endsWith(`Signature=${signatureOf(request, body)}`) === true;
    const granted = ANSWERS[request.url ?? ""] ?? [];
    response.writeHead(isSigned ? 200 : 403, { "content-type": "application/json" });
    response.end(JSON.stringify(isSigned ? granted : { Message: "Forbidden" }));
  }

  beforeAll(async () => {
    const folder = parts.use(await temporaryFolder());
    const { ca: authority, good } = await makeCertificates();
    ca = join(folder.path, "ca.pem");
    await writeFile(ca, authority);
    const server = createServer(
      { key: good.key, cert: good.cert },
      (request, response) => void answer(request, response),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    parts.defer(() => void server.close());
    url = `https://localhost:${addressOf(server).split(":")[1]}/`;
  });
  afterAll(() => parts.disposeAsync());

  it("signs its requests with the usual credentials, as function URLs require", async () => {
    const paused = await run(["pause", "eu"]);
    expect([paused.code, paused.stdout]).toEqual([0, expect.stringContaining("no copy to eu begins")]);
    const image = await run(["status", "team/app:v1"]);
    expect([image.code, image.stderr]).toEqual([3, ""]);
    expect(got).toEqual([
      "POST /api/destinations/eu/pause {} the token",
      "GET /api/image?repository=team%2Fapp&reference=v1  the token",
    ]);
  });

  it("says which policy is missing when Lambda refuses it", async () => {
    const { code, stderr } = await run(["deletes"], { ...CREDENTIALS, AWS_SECRET_ACCESS_KEY: "another" });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/answered 403: these credentials may not use it.*STACK-viewers-REGION/),
    ]);
  });

  it("is told by doctor when the stack has another version, and what only people know", async () => {
    const { code, stdout } = await run(["doctor"]);
    expect(stdout).toMatch(/^note {2}the quota\n {6}only you know it\nok {4}the rest$/m);
    expect(stdout).toContain("1 of 3 checks failed");
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/FAIL {2}this command: .*\n +the stack has version 9\.9\.9, this command .*; install/),
    ]);
  });

  it("says that there are no credentials, and where it cannot get an answer", async () => {
    const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_REGION: "eu-central-1" };
    expect((await run(["deletes"], none)).stderr).toMatch(/there are no AWS credentials to sign requests with/);
    const away = await freightliner(["deletes", "--api", "http://127.0.0.1:1"]);
    expect([away.code, away.stderr]).toEqual([
      1,
      expect.stringMatching(/^freightliner: http:\/\/127\.0\.0\.1:1 does not answer; /),
    ]);
  });

  it.each([
    [["--api", "http://example.test"], /--api takes the https address/],
    [["--api", "https://me:secret@example.test"], /--api takes the https address/],
    [["--api", "https://example.test", "--local", "http://x@127.0.0.1:1"], /--api and --local name two stacks/],
  ])("refuses %s", async (args, problem) => {
    const { code, stderr } = await freightliner(["deletes", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(problem)]);
    expect(stderr).not.toContain("secret");
  });
});
