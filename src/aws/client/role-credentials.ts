import type { SQSClient } from "@aws-sdk/client-sqs";

/** The function's own role and region, as any AWS client of it has them: what proves to Google who we are. */
export interface RoleCredentials {
  getAwsRegion(): Promise<string>;
  getAwsSecurityCredentials(): Promise<{ accessKeyId: string; secretAccessKey: string; token?: string }>;
}

export function roleCredentialsOf({ config }: Pick<SQSClient, "config">): RoleCredentials {
  return {
    getAwsRegion: () => config.region(),
    async getAwsSecurityCredentials() {
      const { accessKeyId, secretAccessKey, sessionToken: token } = await config.credentials();
      return token === undefined ? { accessKeyId, secretAccessKey } : { accessKeyId, secretAccessKey, token };
    },
  };
}
