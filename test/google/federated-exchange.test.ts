import { describe, expect, it } from "vitest";
import { createFederatedCredentials } from "../../src/google/federated-credentials.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";
import type { Script } from "../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);

const SESSION = "session-token-of-a-role";

/** Federated credentials whose exchanges a scripted Security Token Service answers. */
async function exchangedAt(script: Script) {
  const server = await scriptedServer(script);
  const credentials = createFederatedCredentials({
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/a",
    aws: {
      getAwsRegion: () => Promise.resolve("us-east-1"),
      getAwsSecurityCredentials: () => Promise.resolve({ accessKeyId: "AKID", secretAccessKey: "SAK", token: SESSION }),
    },
    stsUrl: `http://${server.host}/v1/token`,
  });
  return { credentials, got: server.got, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Answers as the Security Token Service does, with another token each time: t1, t2 (RFC 8693, 2.2). */
function issuing(before: (count: number) => Promise<void> = () => Promise.resolve()): Script {
  let issued = 0;
  return async (_got, response, count) => {
    await before(count);
    const body = { access_token: `t${++issued}`, expires_in: 3600, token_type: "Bearer" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

const tokens = (count: number, token: string): object[] =>
  Array.from({ length: count }, () => ({ kind: "registry-token", token }));

describe("an exchange for a federated token", () => {
  it("has none of its secrets in the error when it is refused, however the server echoes them", async () => {
    await using place = await exchangedAt(({ body }, response) => {
      const form = new URLSearchParams(body.toString());
      const subject = decodeURIComponent(form.get("subject_token") ?? "");
      const said = `bad ${subject.slice(-200)} ${Buffer.from(SESSION).toString("base64")} ${SESSION}`;
      const error = { error: "invalid_grant", error_description: said };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(error));
    });
    await expect(place.credentials(signal)).rejects.toMatchObject({
      category: "permanent",
      message: expect.not.stringMatching(/session-token|c2Vzc2lvbi10b2tlbi1vZi|Signature=[0-9a-f]/),
    });
  });

  it("is shared by all concurrent callers", async () => {
    await using place = await exchangedAt(issuing());
    const all = await Promise.all(Array.from({ length: 8 }, () => place.credentials(signal)));
    expect(all).toEqual(tokens(8, "t1"));
    expect(place.got).toHaveLength(1);
  });

  it("is shared by all callers whose token was refused, also by late ones", async () => {
    await using place = await exchangedAt(issuing());
    const first = await place.credentials(signal);
    const all = await Promise.all(Array.from({ length: 8 }, () => place.credentials(signal, first)));
    expect(all).toEqual(tokens(8, "t2"));
    expect(await place.credentials(signal, first)).toMatchObject({ token: "t2" });
    expect(place.got).toHaveLength(2);
  });

  it("continues for the other callers when the first one is aborted", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    await using place = await exchangedAt(
      issuing(() => {
        asked.resolve();
        return answer.promise;
      }),
    );
    const first = new AbortController();
    const left = place.credentials(first.signal);
    const stays = place.credentials(signal);
    await asked.promise;
    first.abort(new Error("out of time"));
    await expect(left).rejects.toThrow("out of time");
    answer.resolve();
    expect(await stays).toMatchObject({ token: "t1" });
    expect(place.got).toHaveLength(1);
  });

  it("does not delay the next exchange after its last caller is aborted", async () => {
    const asked = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    await using place = await exchangedAt(
      issuing((count) => {
        asked.resolve();
        return count === 0 ? never.promise : Promise.resolve();
      }),
    );
    const only = new AbortController();
    const left = place.credentials(only.signal);
    await asked.promise;
    only.abort(new Error("out of time"));
    await expect(left).rejects.toThrow("out of time");
    expect(await place.credentials(signal)).toMatchObject({ token: "t1" });
    never.resolve();
  });
});
