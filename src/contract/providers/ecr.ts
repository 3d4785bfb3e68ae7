import * as z from "zod";
import { parseRegistryHost } from "../../oci/reference.ts";
import { serviceDomain } from "../stack/partition.ts";
import { HostPatterns, RegistryHostField } from "./provider.ts";
import type { Provider } from "./provider.ts";

export const accountId = z.string().regex(/^\d{12}$/, "is not a 12-digit AWS account id");
export const regionName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "is not an AWS region");

const shape = {
  account: accountId,
  region: regionName,
  /** Another host than the usual one: a test registry, an interface endpoint. */
  registry: RegistryHostField.optional(),
  /** Plain HTTP; only for loopback hosts. */
  plainHttp: z.boolean().default(false),
  /** Hosts that blob downloads may be redirected to, in addition to the registry; `*` matches within one label. */
  blobHosts: HostPatterns.optional(),
  /**
   * As a destination: whether to create repositories that do not exist. Without it they exist, or a creation template of the registry
   * creates them on push (ECR user guide, "Repository creation templates").
   */
  createRepositories: z.boolean().default(false),
};

/** The usual hosts, FIPS, dual-stack, both, and China's (ECR user guide, "Amazon ECR private registry"). */
const HOST = /^(?<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;

/** One account's private registry in one region of Amazon ECR (ECR user guide, "Private registries"). */
export const ecr = {
  options: shape,
  isDestination: true,
  problems({ account, region, registry }) {
    const named = registry === undefined ? undefined : accountAndRegion(registry);
    if (named === undefined || (named.account === account && named.region === region)) return [];
    const text = `${registry} is the registry of ${named.account} in ${named.region}, not of ${account} in ${region}`;
    return [{ field: "registry", text }];
  },
  access: ({ account, region, registry, plainHttp, blobHosts, createRepositories }) => ({
    registry: parseRegistryHost(registry ?? `${account}.dkr.ecr.${region}.${serviceDomain(region)}`),
    plainHttp,
    allowedHosts: blobHosts ?? layerBucket(region),
    hostsField: "blobHosts",
    login: { kind: "ecr", region },
    listing: "distribution",
    ...(createRepositories ? { creation: { account, region } } : {}),
  }),
} as const satisfies Provider<typeof shape>;

/** Account and region in any of ECR's host names; undefined for other hosts. */
export function accountAndRegion(host: string): { readonly account: string; readonly region: string } | undefined {
  const { account, region } = HOST.exec(host)?.groups ?? {};
  return account === undefined || region === undefined ? undefined : { account, region };
}

/** The hosts that the stack's source may redirect blob downloads to: the region's layer bucket. `known-hosts.ts` has those of all regions, for the command and for ECR as a generic registry. */
function layerBucket(region: string): readonly string[] {
  const bucket = `prod-${region}-starport-layer-bucket`;
  return [
    `${bucket}.s3.${region}.${serviceDomain(region)}`,
    `${bucket}.s3.dualstack.${region}.${serviceDomain(region)}`,
  ];
}
