/** The domain of AWS's service endpoints in a region (AWS General Reference, "Service endpoints"); China has its own. */
export function serviceDomain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}
