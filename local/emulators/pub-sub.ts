import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { sendJson } from "../http/send-json.ts";

export interface PushSubscription {
  readonly endpoint: string;
  readonly serviceAccount: string;
  readonly audience: string;
}

/** Google's Pub/Sub with one push subscription, and the keys that its tokens are signed with. */
export interface RunningPubSub {
  readonly keysUrl: string;
  /** A token as the subscription has it; `claims` replace its own. */
  token(subscription: Omit<PushSubscription, "endpoint">, claims?: object): string;
  /** Pushes a message until it is acknowledged (Pub/Sub, "Push subscriptions"). @returns the statuses of the answers. */
  push(message: object, subscription: PushSubscription): Promise<readonly number[]>;
  close(): Promise<void>;
}

const KEY_ID = "local";
const MOST_TRIES = 10;
const PAUSE_MS = 200;

export async function startPubSub(): Promise<RunningPubSub> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const server = await startHttpServer((_request, response) => sendJson(response, 200, { [KEY_ID]: publicKey }));
  /** An ID token of Google (OpenID Connect, "An ID token's payload"). */
  const token: RunningPubSub["token"] = ({ serviceAccount, audience }, claims = {}) => {
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now, exp: now + 3_600 };
    const about = { iss: "https://accounts.google.com", aud: audience, email: serviceAccount, email_verified: true };
    const parts = [
      { alg: "RS256", kid: KEY_ID, typ: "JWT" },
      { ...about, sub: "1", ...times, ...claims },
    ];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
  };
  return {
    keysUrl: `http://${server.host}/`,
    token,
    async push(message, subscription) {
      const data = Buffer.from(JSON.stringify(message)).toString("base64");
      const publishTime = new Date().toISOString();
      const body = JSON.stringify({ message: { data, messageId: randomUUID(), publishTime }, subscription: "local" });
      const statuses: number[] = [];
      while (statuses.length < MOST_TRIES) {
        const headers = { authorization: `Bearer ${token(subscription)}`, "content-type": "application/json" };
        const answer = await request(subscription.endpoint, { method: "POST", headers, body });
        await answer.body.dump();
        statuses.push(answer.statusCode);
        if (answer.statusCode < 300) break;
        await sleep(PAUSE_MS);
      }
      return statuses;
    },
    close: () => server.close(),
  };
}
