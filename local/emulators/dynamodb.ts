import { once } from "node:events";
import { Readable } from "node:stream";
import dynalite from "dynalite";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { Answer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";

export interface RunningDynamoDb {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Size of the largest request that DynamoDB accepts, in bytes (Service quotas, "BatchWriteItem"). */
const BODY_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Starts a DynamoDB emulator on a free loopback port; with a directory, tables outlive the process. The library's own
 * server does not listen, because it ends the process when a client disconnects in the middle of a body; it only gets
 * complete requests.
 */
export async function startDynamoDb(directory?: string, key: AccessKeyId = TEST_KEY): Promise<RunningDynamoDb> {
  const emulator = dynalite({ createTableMs: 0, ...(directory === undefined ? {} : { path: directory }) });
  const answer: Answer = async (request, response) => {
    const body = await readBody(request, BODY_MAX_BYTES);
    const { method, url, headers } = request;
    emulator.emit(
      "request",
      Object.assign(Readable.from(body === "" ? [] : [body]), { method, url, headers }),
      response,
    );
  };
  const server = await startHttpServer(requireKey(key, answer));
  return {
    endpoint: `http://${server.host}`,
    async close() {
      await server.close();
      // The library closes its tables only together with its server, and only if that server has listened.
      emulator.listen(0, "127.0.0.1");
      await once(emulator, "listening");
      await new Promise<void>((resolve) => emulator.close(() => resolve()));
    },
  };
}
