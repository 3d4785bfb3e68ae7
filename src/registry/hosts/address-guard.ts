import { lookup as systemLookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { BlockList } from "node:net";
import type { LookupFunction } from "node:net";
import { HostRefusedError } from "./host-guard.ts";

/**
 * Addresses that no registry has: loopback, link-local (metadata services of clouds, the runtime API of Lambda), unspecified,
 * multicast and reserved ones. Private networks are allowed: interface endpoints of a VPC are there.
 */
const FORBIDDEN = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  FORBIDDEN.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
  ["fd00:ec2::", 32],
] as const) {
  FORBIDDEN.addSubnet(network, prefix, "ipv6");
}

/** True for an address that a host name must not resolve to. */
export function isForbiddenAddress({ address, family }: LookupAddress): boolean {
  if (family === 4) return FORBIDDEN.check(address, "ipv4");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped === undefined ? FORBIDDEN.check(address, "ipv6") : FORBIDDEN.check(mapped, "ipv4");
}

/**
 * A DNS lookup that refuses names with a forbidden address (DNS rebinding, threat T09), except `localhost`. It runs only for names:
 * the host guard checks addresses in URLs.
 */
export function createGuardedLookup(resolve: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const refused = error === null ? addresses.find(isForbiddenAddress) : undefined;
      if (error !== null) return callback(error, "");
      if (refused !== undefined && hostname !== "localhost") {
        return callback(new HostRefusedError(hostname, `its name leads to ${refused.address}`), "");
      }
      const [first] = addresses;
      return options.all === true ? callback(null, addresses) : callback(null, first?.address ?? "", first?.family);
    });
  };
}
