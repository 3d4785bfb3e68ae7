/** The payload type of in-toto statements (in-toto attestation framework, "Envelope"). */
export const IN_TOTO = "application/vnd.in-toto+json";

/** What the signature of an envelope signs (DSSE, "Signature Definition": PAE). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const header = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(header), payload]);
}
