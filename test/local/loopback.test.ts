import { connect } from "node:net";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listeningSockets, startLocalProcess } from "../fixtures/processes/local-process.ts";
import type { ListeningSocket, LocalProcess } from "../fixtures/processes/local-process.ts";

let local: LocalProcess;
let sockets: ListeningSocket[];

beforeAll(async () => {
  local = await startLocalProcess();
  sockets = await listeningSockets(local.pid);
});
afterAll(() => local.kill("SIGTERM"));

/** Sends bytes, and gives what comes back until the connection ends; `cut` ends it after the first bytes are out. */
function exchange(port: number, text: string, cut = false): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text, () => (cut ? socket.resetAndDestroy() : undefined));
    });
    socket.setEncoding("latin1");
    socket.on("data", (data: string) => {
      got += data;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
  });
}

/** Stands for the signature of a caller that has the stack's key: each request is tried with it and without. */
const SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/x/aws4_request";
const http = (line: string, headers: readonly string[] = [], body = ""): string =>
  [`${line} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close", SIGNED, ...headers, "", body].join("\r\n");
const withBody = (line: string, body: string, ...headers: string[]): string =>
  http(line, [`Content-Length: ${Buffer.byteLength(body)}`, ...headers], body);

const ECR = "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921";
/** What no server can read, or what leaves it in the middle. */
const BROKEN: [what: string, text: string, cut?: boolean][] = [
  ["a path that is no URL", http("GET //")],
  ["a target that is no URL", http("GET http://[/")],
  ["a broken escape", http("GET /%")],
  ["a broken escape in a manifest's path", http("GET /v2/a/manifests/%")],
  ["a broken escape in an account", withBody("POST /v1/projects/-/serviceAccounts/%:generateAccessToken", "")],
  ["a broken escape in a package", http("GET /v1/projects/p/locations/l/repositories/r/packages/%/tags")],
  ["a mapping's change that is no JSON", withBody("PUT /2015-03-31/event-source-mappings/live-mapping", "{")],
  ["a mapping's change of another shape", withBody("PUT /2015-03-31/event-source-mappings/live-mapping", "[]")],
  ["an ECR request that is no JSON", withBody("POST /", "{", `${ECR}.DescribeImages`)],
  ["an ECR request that is null", withBody("POST /", "null", `${ECR}.UpdateImageStorageClass`)],
  [
    "a secret's name that is no text",
    withBody("POST /", '{"SecretId":1}', "X-Amz-Target: secretsmanager.GetSecretValue"),
  ],
  ["a body that is too long", withBody("POST /", "a".repeat(1_100_000))],
  ["a client that leaves in the middle", http("POST /", ["Content-Length: 100"], "abc"), true],
  ["an authority instead of a path", http("CONNECT x:1")],
  ["no path at all", http("OPTIONS *")],
  ["no HTTP", "\r\n\r\nnonsense\r\n\r\n"],
];

describe("the ports of npm start", () => {
  it("are all bound to loopback, those of what it has started, too", () => {
    expect(sockets.length).toBeGreaterThan(8);
    expect(sockets.filter(({ address }) => address !== "127.0.0.1")).toEqual([]);
  });

  it.each([
    ["a web site's script", { origin: "https://site.example" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a name that was rebound to this machine", { host: "site.example" }],
    ["an image or a form on a web site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
  ])("refuse %s", async (_, headers: Record<string, string>) => {
    for (const { port } of sockets) {
      for (const method of ["GET", "POST", "OPTIONS"] as const) {
        const answer = await request(`http://127.0.0.1:${port}/`, { method, headers });
        await answer.body.dump();
        expect([port, method, answer.statusCode, answer.headers["access-control-allow-origin"]]).toEqual([
          port,
          method,
          403,
          undefined,
        ]);
      }
    }
  });

  it("give and take nothing without a login, but for the page that is looked at", async () => {
    const asked: [method: "GET" | "POST" | "PUT" | "DELETE", path: string, headers: Record<string, string>][] = [
      ["GET", "/2015-03-31/functions/freightliner-copy-us-east-1/configuration", {}],
      ["GET", "/v2/", {}],
      ["GET", "/v2/demo/app/tags/list", {}],
      ["POST", "/v2/demo/app/blobs/uploads/", { "content-length": "0" }],
      ["POST", "/?Action=CreateTopic&Name=x", { "content-type": "application/x-www-form-urlencoded" }],
      ["PUT", "/bucket", {}],
      ["GET", "/_fauxqs/queues", {}],
      ["DELETE", "/v2/demo/app/manifests/v1", {}],
      ...[
        "AmazonSQS.ListQueues",
        "DynamoDB_20120810.ListTables",
        "CodeBuild_20161006.StartBuild",
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
      ].map((target): [method: "POST", path: string, headers: Record<string, string>] => [
        "POST",
        "/",
        {
          "x-amz-target": target,
          authorization: "AWS4-HMAC-SHA256 Credential=AKIAMADEUP/20260101/us-east-1/x/aws4_request",
        },
      ]),
    ];
    const page = Number(new URL(local.ready.page).port);
    for (const { port } of sockets) {
      for (const [method, path, headers] of asked) {
        const answer = await request(`http://127.0.0.1:${port}${path}`, { method, headers });
        await answer.body.dump();
        const expected = port === page ? [404, 405] : [400, 401, 403, 404, 405];
        expect(expected, `${port} ${method} ${path}: ${answer.statusCode}`).toContain(answer.statusCode);
      }
    }
  });

  it.each(BROKEN)("outlive %s", async (_, text, cut = false) => {
    const key = new URL(local.ready.lambda).username;
    for (const { port } of sockets) {
      for (const sent of [text, text.replace("=KEY/", `=${key}/`)]) {
        expect(await exchange(port, sent, cut)).not.toMatch(/^HTTP\/1\.1 5/);
      }
    }
    expect(local.lines.filter((line) => /Error/.test(line))).toEqual([]);
    const page = await request(local.ready.page);
    await page.body.dump();
    expect([page.statusCode, local.hasEnded()]).toEqual([200, false]);
  });
});
