import { lookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { Agent, request } from "undici";
import { describe, expect, it } from "vitest";
import { createGuardedLookup, isForbiddenAddress } from "../../../src/registry/hosts/address-guard.ts";
import { HostRefusedError } from "../../../src/registry/hosts/host-guard.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const v6 = (address: string): LookupAddress => ({ address, family: 6 });

/** A resolver that resolves every name to the same addresses. */
function answering(...addresses: LookupAddress[]): typeof lookup {
  const resolve = (
    _hostname: string,
    _options: object,
    callback: (error: null, found: LookupAddress[]) => void,
  ): void => callback(null, addresses);
  return Object.assign(resolve, lookup);
}

describe("the resolved addresses of a name", () => {
  it.each([
    v4("127.0.0.1"),
    v4("127.9.9.9"),
    v4("0.0.0.0"),
    v4("169.254.169.254"),
    v4("224.0.0.1"),
    v6("::1"),
    v6("::"),
    v6("fe80::1"),
    v6("fd00:ec2::254"),
    v6("::ffff:127.0.0.1"),
    v6("::ffff:169.254.169.254"),
  ])("may not be $address", (address) => {
    expect(isForbiddenAddress(address)).toBe(true);
  });

  it.each([
    v4("10.0.0.5"),
    v4("172.16.0.1"),
    v4("192.168.1.1"),
    v4("52.95.110.1"),
    v6("2600:1f18::1"),
    v6("fd12::1"),
    v6("::ffff:52.95.110.1"),
  ])("may be $address", (address) => {
    expect(isForbiddenAddress(address)).toBe(false);
  });

  it("are refused when any of them is forbidden, and nothing is sent", async () => {
    await using canary = await scriptedServer((_got, response) => void response.end());
    const port = canary.host.split(":")[1];
    for (const resolve of [answering(v4("127.0.0.1")), answering(v4("52.95.110.1"), v4("127.0.0.1"))]) {
      const agent = new Agent({ connect: { lookup: createGuardedLookup(resolve) } });
      const error: unknown = await request(`http://registry.example:${port}/v2/`, { dispatcher: agent }).catch(
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(HostRefusedError);
      expect(String(error)).toContain("its name leads to 127.0.0.1");
      await agent.close();
    }
    expect(canary.got).toEqual([]);
  });

  it("of localhost may be this machine", async () => {
    await using server = await scriptedServer((_got, response) => void response.end("here"));
    const agent = new Agent({ connect: { lookup: createGuardedLookup(answering(v4("127.0.0.1"))) } });
    const { body } = await request(`http://localhost:${server.host.split(":")[1]}/`, { dispatcher: agent });
    expect(await body.text()).toBe("here");
    await agent.close();
  });
});
