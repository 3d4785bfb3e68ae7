import type { lookup } from "node:dns";
import { fault } from "./fault.ts";
import type { Fault, Line, LineFault } from "./fault.ts";
import { passTls, startTcpLine } from "../../fixtures/servers/tcp-line.ts";
import type { Connection } from "../../fixtures/servers/tcp-line.ts";

/** A TLS line with a trusted certificate authority. `handle` decides about each connection. */
function tlsLine(
  handle: (connection: Connection, place: Parameters<LineFault>[0]) => void,
  more: Partial<Line["connections"]> = {},
): LineFault {
  return async (place) => {
    const line = place.stack.use(await startTcpLine(place.behind, (connection) => handle(connection, place)));
    return {
      host: `localhost:${line.port}`,
      endpoint: { plainHttp: false },
      connections: { ca: place.certificates.ca, ...more },
    };
  };
}

/** Resets the first `times` connections on which a second request arrives. */
function resetOnReuse(times: number): LineFault {
  return async ({ behind, stack }) => {
    let left = times;
    const line = stack.use(
      await startTcpLine(behind, ({ client, pass }) => {
        let isAnswered = false;
        pass().on("data", () => (isAnswered = true));
        client.on("data", () => {
          if (!isAnswered || left === 0) return;
          left--;
          client.resetAndDestroy();
        });
      }),
    );
    return { host: `127.0.0.1:${line.port}` };
  };
}

/** The process is frozen for longer than its connections live, and gets no notice of their end. */
const sleepWithConnections: LineFault = async ({ behind, stack }) => {
  let slept = 0;
  const line = stack.use(await startTcpLine(behind, ({ pass }) => void pass()));
  return {
    host: `127.0.0.1:${line.port}`,
    connections: { clock: { now: () => Date.now() + slept } },
    afterUse() {
      line.freeze();
      slept = 300_000;
    },
  };
};

/** A lookup that fails the first few times. */
function failingLookup(code: string, times: number): typeof lookup {
  let left = times;
  const resolve = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void => {
    if (left-- > 0) callback(Object.assign(new Error(`getaddrinfo ${code}`), { code }));
    else callback(null, [{ address: "127.0.0.1", family: 4 }]);
  };
  return resolve as typeof lookup;
}

const unresolved =
  (code: string): LineFault =>
  async ({ behind }) => ({
    host: `localhost:${behind.split(":")[1]}`,
    connections: { resolve: failingLookup(code, 2) },
  });

/** Faults of connections before they carry a request. */
export const CONNECTION_FAULTS: readonly (() => Fault)[] = (["source", "target"] as const).flatMap((side) => [
  fault({ id: "N14", side, what: "its name does not exist (ENOTFOUND)" }, () => ({ line: unresolved("ENOTFOUND") })),
  fault({ id: "N14", side, what: "its name cannot be resolved now (EAI_AGAIN)" }, () => ({
    line: unresolved("EAI_AGAIN"),
  })),
  fault({ id: "N15", side, what: "connections are accepted and never answered" }, () => ({
    line: tlsLine(
      (connection, { certificates }) => {
        if (connection.number >= 2) passTls(connection, certificates.good);
      },
      { connectMs: 500 },
    ),
  })),
  fault({ id: "N16", side, what: "the TLS handshake is cut" }, () => ({
    line: tlsLine((connection, { certificates }) => {
      if (connection.number >= 2) passTls(connection, certificates.good);
      else connection.client.once("data", () => connection.client.resetAndDestroy());
    }),
  })),
  fault({ id: "N17", side, what: "a certificate that is expired, for another name, or self-signed" }, () => ({
    line: tlsLine((connection, { certificates: { good, expired, wrongName, selfSigned }, random }) => {
      const bad = [expired, wrongName, selfSigned][Math.floor(random() * 3)] ?? expired;
      passTls(connection, connection.number < 2 ? bad : good);
    }),
  })),
  fault({ id: "N18", side, what: "idle connections are reset on their next use", resends: "the broken blob" }, () => ({
    line: resetOnReuse(3),
  })),
  fault({ id: "N19", side, what: "the process was frozen and its connections are dead" }, () => ({
    line: sleepWithConnections,
  })),
  fault({ id: "N42", side, what: "the registry offers HTTP/2, which can end connections with GOAWAY" }, () => ({
    line: tlsLine((connection, { certificates }) => passTls(connection, certificates.good, ["h2", "http/1.1"])),
  })),
]);
