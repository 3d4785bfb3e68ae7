import type { SQSClient } from "@aws-sdk/client-sqs";

/** The credentials and region of the process's own role. A federated token exchange proves this role to Google. */
export interface RoleCredentials {
  getAwsRegion(): Promise<string>;
  getAwsSecurityCredentials(): Promise<{ accessKeyId: string; secretAccessKey: string; token?: string }>;
}

/** Reads them from any AWS client of the process. */
export function roleCredentialsOf({ config }: Pick<SQSClient, "config">): RoleCredentials {
  return {
    getAwsRegion: () => config.region(),
    async getAwsSecurityCredentials() {
      const { accessKeyId, secretAccessKey, sessionToken: token } = await config.credentials();
      return token === undefined ? { accessKeyId, secretAccessKey } : { accessKeyId, secretAccessKey, token };
    },
  };
}
