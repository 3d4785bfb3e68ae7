/** The domain that AWS's services have in a region (AWS General Reference, "Service endpoints"): China's is its own. */
export function serviceDomain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
