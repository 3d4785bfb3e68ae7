import { startFauxqs } from "fauxqs";
import { LOCAL_REGION } from "./local-aws.ts";

export interface LocalQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

export interface RunningSqs {
  readonly endpoint: string;
  /** Creates a queue, or finds it when it is there from an earlier run. */
  createQueue(name: string, attributes: Readonly<Record<string, string>>): LocalQueue;
  /** Messages in a queue by where they stand. */
  depth(name: string): { readonly visible: number; readonly inFlight: number };
  close(): Promise<void>;
}

/** Starts an SQS emulator on a free loopback port; with a directory, messages outlive the process. */
export async function startSqs(directory?: string): Promise<RunningSqs> {
  const server = await startFauxqs({
    port: 0,
    host: "127.0.0.1",
    logger: false,
    defaultRegion: LOCAL_REGION,
    ...(directory === undefined ? {} : { dataDir: directory }),
  });
  const endpoint = `http://127.0.0.1:${server.port}`;
  return {
    endpoint,
    createQueue(name, attributes) {
      const known = server.inspectQueue(name);
      const { queueUrl, queueArn } =
        known === undefined
          ? server.createQueue(name, { region: LOCAL_REGION, attributes: { ...attributes } })
          : { queueUrl: known.url, queueArn: known.arn };
      // The emulator names hosts that do not resolve; its path is what counts.
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
