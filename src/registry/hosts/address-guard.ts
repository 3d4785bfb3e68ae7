import { lookup as systemLookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { BlockList } from "node:net";
import type { LookupFunction } from "node:net";
import { HostRefusedError } from "./host-guard.ts";

/**
 * Addresses no registry lives at: this machine, the link (where clouds keep their metadata service and Lambda its
 * runtime API), nowhere, and many at once. Private networks are allowed: interface endpoints of a VPC are there.
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

/** True for an address that a name from a server's answer must never lead us to. */
export function isForbiddenAddress({ address, family }: LookupAddress): boolean {
  if (family === 4) return FORBIDDEN.check(address, "ipv4");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped === undefined ? FORBIDDEN.check(address, "ipv6") : FORBIDDEN.check(mapped, "ipv4");
}

/**
 * Name resolution for connections: a name that leads to a forbidden address is refused, whoever answers for it
 * (DNS rebinding, threat T09). Asked only for names; addresses in URLs are the host guard's.
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
