import { channel } from "node:diagnostics_channel";
import { Server } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startFauxqs } from "fauxqs";
import type { FauxqsServer } from "fauxqs";
import { requireKeyOnListener, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { LOCAL_REGION } from "../access/local-aws.ts";
import { guardServer } from "../../src/loopback/loopback-guard.ts";

export interface LocalQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

export interface RunningSqs {
  readonly endpoint: string;
  /** Creates a queue, or finds the one of an earlier run. */
  createQueue(name: string, attributes: Readonly<Record<string, string>>): LocalQueue;
  /** The numbers of messages in a queue, by their state. */
  depth(name: string): { readonly visible: number; readonly inFlight: number };
  close(): Promise<void>;
}

/** Starts an SQS emulator on a free loopback port; with a directory, messages outlive the process. */
export async function startSqs(directory?: string, key: AccessKeyId = TEST_KEY): Promise<RunningSqs> {
  const server = await onLoopback(
    () =>
      startFauxqs({
        port: 0,
        host: "127.0.0.1",
        logger: false,
        defaultRegion: LOCAL_REGION,
        ...(directory === undefined ? {} : { dataDir: directory }),
      }),
    key,
  );
  if (directory !== undefined) keepReceiveCounts(join(directory, "fauxqs.db"));
  const endpoint = `http://127.0.0.1:${server.port}`;
  return {
    endpoint,
    createQueue(name, attributes) {
      const known = server.inspectQueue(name);
      const { queueUrl, queueArn } =
        known === undefined
          ? server.createQueue(name, { region: LOCAL_REGION, attributes: { ...attributes } })
          : { queueUrl: known.url, queueArn: known.arn };
      // The emulator's queue URLs have hosts that do not resolve; only their paths matter.
      return { name, arn: queueArn, url: queueUrl.replace(/^https?:\/\/[^/]+/, endpoint) };
    },
    depth(name) {
      const messages = server.inspectQueue(name)?.messages;
      return {
        visible: (messages?.ready.length ?? 0) + (messages?.delayed.length ?? 0),
        inFlight: messages?.inflight.length ?? 0,
      };
    },
    close: () => server.stop(),
  };
}

/**
 * The emulator (fauxqs 2.4.1) writes NULL as the receive count of a message that becomes visible early. If the
 * message is no longer in memory, the NOT NULL column rejects the write, and the message is lost until the next start. SQS keeps the count
 * (SQS API reference, "ApproximateReceiveCount"), and so does this trigger, which replaces the emulator's write.
 */
function keepReceiveCounts(file: string): void {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TRIGGER IF NOT EXISTS keep_receive_count BEFORE UPDATE ON sqs_messages
    WHEN NEW.approximate_receive_count IS NULL
    BEGIN
      UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = OLD.message_id;
      SELECT RAISE(IGNORE);
    END`);
  database.close();
}

/**
 * The channel on which Node announces that a server is about to listen (Node documentation, "TracingChannel
 * net.server.listen").
 */
const LISTENING = channel("tracing:net.server.listen:asyncStart");

/**
 * The emulator listens on every interface and has no option to change that (its `host` is a name in queue URLs). So the
 * options of its call to `listen` are changed on this channel. If it listens elsewhere all the same, it is stopped.
 */
async function onLoopback(start: () => Promise<FauxqsServer>, key: AccessKeyId): Promise<FauxqsServer> {
  const change = (message: unknown): void => {
    const call = listenCall(message);
    if (call?.options.host !== "0.0.0.0") return;
    guardServer(call.server, (listener) => requireKeyOnListener(key, listener));
    call.options.host = "127.0.0.1";
  };
  LISTENING.subscribe(change);
  const server = await start().finally(() => LISTENING.unsubscribe(change));
  if (new URL(server.address).hostname === "127.0.0.1") return server;
  await server.stop();
  throw new Error(`the SQS emulator listens at ${server.address}, not on loopback alone; it was stopped`);
}

/** The server and the options of a call to `listen`, as Node publishes them. */
function listenCall(message: unknown): { readonly server: Server; readonly options: { host: unknown } } | undefined {
  if (typeof message !== "object" || message === null || !("server" in message && "options" in message))
    return undefined;
  const { server, options } = message;
  if (!(server instanceof Server) || typeof options !== "object" || options === null) return undefined;
  return "host" in options ? { server, options } : undefined;
}
