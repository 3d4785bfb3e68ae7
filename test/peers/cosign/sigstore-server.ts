import { createHash, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } from "@sigstore/mock";
import * as z from "zod";
import { addressOf } from "../../../src/loopback/address.ts";

/** A dsse entry as it is proposed; the log keeps hashes of it (rekor, "dsse_v0_0_1_schema.json"). */
const ProposedEnvelope = z.object({
  kind: z.literal("dsse"),
  apiVersion: z.string(),
  spec: z.object({ proposedContent: z.object({ envelope: z.string(), verifiers: z.array(z.string()) }) }),
});
const Envelope = z.object({ payload: z.base64(), signatures: z.array(z.object({ sig: z.string() })) });
const Request = z.looseObject({});
const Chain = z.object({
  signedCertificateEmbeddedSct: z.object({ chain: z.object({ certificates: z.array(z.string()) }) }),
});

const keyPair = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const pemOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();

/** An instance of Sigstore as cosign asks it: an authority that believes every token, and a transparency log. */
export async function startSigstoreServer() {
  const [caKeys, logKeys] = [keyPair(), keyPair()];
  const ca = await initializeCA(caKeys, await initializeCTLog(caKeys));
  const server = createServer((request, response) => {
    void answer(request).then(
      ({ status, headers, text }) =>
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://${addressOf(server)}`;
  const [authority, log] = [fulcioHandler(ca), rekorHandler(await initializeTLog(url, logKeys))];

  async function answer(request: IncomingMessage) {
    const text = Buffer.concat(await Array.fromAsync(request, (chunk: Buffer) => chunk)).toString();
    switch (request.url) {
      case authority.path: {
        const oidcIdentityToken = (request.headers.authorization ?? "").replace(/^Bearer /, "");
        const asked = { ...Request.parse(JSON.parse(text)), credentials: { oidcIdentityToken } };
        const { response } = await authority.fn(JSON.stringify(asked));
        return { status: 200, headers: {}, text: JSON.stringify(readable(JSON.parse(textOf(response)))) };
      }
      case log.path: {
        const { statusCode, response } = await log.fn(JSON.stringify(asLogged(JSON.parse(text))));
        const [etag = ""] = Object.keys(Request.parse(JSON.parse(textOf(response))));
        return { status: statusCode, headers: { etag }, text: textOf(response) };
      }
      default:
        return { status: 404, headers: {}, text: "{}" };
    }
  }

  return {
    url,
    /** What a trusted root of this instance is made of, in PEM. */
    pem: {
      authority: pemOfCertificate(ca.rootCertificate),
      log: pemOf(logKeys.publicKey),
      ctLog: pemOf(caKeys.publicKey),
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const textOf = (response: unknown): string => z.string().parse(response);

function asLogged(proposed: unknown): unknown {
  const dsse = ProposedEnvelope.safeParse(proposed).data;
  if (dsse === undefined) return proposed;
  const { envelope, verifiers } = dsse.spec.proposedContent;
  const { payload, signatures } = Envelope.parse(JSON.parse(envelope));
  const spec = {
    envelopeHash: hashOf(envelope),
    payloadHash: hashOf(Buffer.from(payload, "base64")),
    signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] })),
  };
  return { kind: dsse.kind, apiVersion: dsse.apiVersion, spec };
}

const hashOf = (data: string | Uint8Array) => ({
  algorithm: "sha256",
  value: createHash("sha256").update(data).digest("hex"),
});

/** PEM in lines, as Go reads it. */
function readable(answered: unknown): object {
  const { certificates } = Chain.parse(answered).signedCertificateEmbeddedSct.chain;
  const inLines = certificates.map((pem) => pem.replaceAll(/^[^-].{64,}$/gm, linesOf));
  return { signedCertificateEmbeddedSct: { chain: { certificates: inLines } } };
}

const linesOf = (base64: string): string => (base64.match(/.{1,64}/g) ?? []).join("\n");

function pemOfCertificate({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): string {
  const base64 = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${linesOf(base64)}\n-----END CERTIFICATE-----\n`;
}
