import type { IncomingMessage, ServerResponse } from "node:http";
import { startHttpServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { readBody } from "./read-body.ts";

const TARGET_PREFIX = "AmazonEC2ContainerRegistry_V20150921.";
const TOKEN_LIFE_SECONDS = 12 * 3_600;

/** What the ECR API answers with. */
export interface EcrApiOptions {
  readonly password: string;
  /** The registry's address, as GetAuthorizationToken names it. */
  readonly proxyEndpoint: string;
}

/** The one action of the ECR API the functions call, GetAuthorizationToken (AWS JSON 1.1). */
export function startEcrApi(options: EcrApiOptions): Promise<RunningServer> {
  return startHttpServer((request, response) => void answer(request, response, options));
}

async function answer(request: IncomingMessage, response: ServerResponse, options: EcrApiOptions): Promise<void> {
  await readBody(request);
  const action = String(request.headers["x-amz-target"]).replace(TARGET_PREFIX, "");
  if (!String(request.headers.authorization).startsWith("AWS4-HMAC-SHA256 ")) {
    return send(response, 400, {
      __type: "MissingAuthenticationTokenException",
      message: "Missing Authentication Token",
    });
  }
  if (action !== "GetAuthorizationToken") {
    return send(response, 400, { __type: "UnknownOperationException", message: `${action} is not played here` });
  }
  return send(response, 200, {
    authorizationData: [
      {
        authorizationToken: Buffer.from(`AWS:${options.password}`).toString("base64"),
        expiresAt: Math.floor(Date.now() / 1_000) + TOKEN_LIFE_SECONDS,
        proxyEndpoint: options.proxyEndpoint,
      },
    ],
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
}
