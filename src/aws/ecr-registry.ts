import { parseRegistryHost } from "../oci/reference.ts";
import type { RegistryHost } from "../oci/reference.ts";

/** One account's private registry in one region. */
export interface EcrRegistry {
  readonly account: string;
  readonly region: string;
  /** Where it is reached instead of its usual host. */
  readonly registry?: string | undefined;
  readonly plainHttp: boolean;
  readonly blobHosts?: readonly string[] | undefined;
}

/** The host of an account's private registry (ECR user guide, "Private registries"). */
export function ecrHost({ account, region, registry }: EcrRegistry): RegistryHost {
  return parseRegistryHost(registry ?? `${account}.dkr.ecr.${region}.${domain(region)}`);
}

/** The hosts ECR redirects blob downloads to: the region's layer bucket in Amazon S3, and nothing else. */
export function ecrBlobHosts({ region, blobHosts }: EcrRegistry): readonly string[] {
  const bucket = `prod-${region}-starport-layer-bucket`;
  return (
    blobHosts ?? [`${bucket}.s3.${region}.${domain(region)}`, `${bucket}.s3.dualstack.${region}.${domain(region)}`]
  );
}

function domain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
