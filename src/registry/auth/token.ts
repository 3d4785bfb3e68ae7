import * as z from "zod";

/** The answer of a token server (distribution project, "Token Authentication Specification"). */
const TokenAnswer = z.object({
  token: z.string().min(1).optional(),
  access_token: z.string().min(1).optional(),
  /** Seconds; 60 when absent, as the specification says. */
  expires_in: z.number().positive().optional(),
});

export interface Token {
  readonly value: string;
  /** Epoch milliseconds after which it is not to be sent any more: a tenth of its life early. */
  readonly staleAt: number;
}

/** Reads a token server's answer; undefined when it holds no token that can stand in a header. */
export function readToken(document: unknown, now: number): Token | undefined {
  const answer = TokenAnswer.safeParse(document).data;
  const value = answer?.token ?? answer?.access_token;
  if (answer === undefined || value === undefined || !/^[\x21-\x7e]{1,16384}$/.test(value)) return undefined;
  const lifeMs = (answer.expires_in ?? 60) * 1_000;
  return { value, staleAt: now + lifeMs - Math.min(lifeMs / 10, 300_000) };
}
