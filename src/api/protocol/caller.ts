import { z } from "../zod/z.ts";

/** Who sent a request. */
export interface Caller {
  /** An ARN, or a name for a caller on this machine. */
  readonly name: string;
  /** Of the request; also its correlation id. */
  readonly requestId: string;
}

/** A request to a function URL with IAM (AWS Lambda developer guide, "Function URL request payload"). */
const SignedRequest = z.object({
  event: z.object({
    requestContext: z.object({
      requestId: z.string(),
      authorizer: z.object({ iam: z.object({ userArn: z.string() }) }),
    }),
  }),
});

/** The caller whose signature Lambda has checked. @throws {z.ZodError} when the function URL is not one with IAM. */
export function signedCaller(environment: unknown): Caller {
  const { requestContext } = SignedRequest.parse(environment).event;
  return { name: requestContext.authorizer.iam.userArn, requestId: requestContext.requestId };
}
