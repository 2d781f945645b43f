// Which address each container of a stack has. Known beforehand, so that nginx needs no DNS and a preview no engine.
import ipaddr from "ipaddr.js";
import type { Color } from "./settings.ts";

// Hosts .1 and .2 are the gateway and nginx; servers begin at .10, which leaves room for what a topology may add.
const gatewayHost = 1;
const nginxHost = 2;
const firstServerHost = 10;

/** The fixed addresses in one subnet. */
export class AddressPlan {
    private readonly network: number;
    private readonly size: number;

    /** @param subnet a checked IPv4 CIDR without host bits, such as `10.231.77.0/24` */
    constructor(subnet: string) {
        const [address, bits] = ipaddr.IPv4.parseCIDR(subnet);
        this.network = address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
        this.size = 2 ** (32 - bits);
    }

    /** How many servers (each a blue and a green container) the subnet holds. */
    get maxServers(): number {
        return Math.max(0, Math.floor((this.size - 1 - firstServerHost) / 2));
    }

    /** The gateway: under this address the machine's own loopback clients reach a published port. */
    get gateway(): string {
        return this.host(gatewayHost);
    }

    get nginx(): string {
        return this.host(nginxHost);
    }

    /** The container of a color on server 1, 2, … Adding a server moves no other. */
    server(color: Color, server: number): string {
        return this.host(firstServerHost + 2 * (server - 1) + (color === "blue" ? 0 : 1));
    }

    private host(offset: number): string {
        const value = this.network + offset;
        return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
    }
}

/** Whether two IPv4 CIDRs share an address. Anything that is no IPv4 CIDR shares none. */
export function overlaps(a: string, b: string): boolean {
    if (!ipaddr.IPv4.isValidCIDR(a) || !ipaddr.IPv4.isValidCIDR(b)) return false;
    const [addressA, bitsA] = ipaddr.IPv4.parseCIDR(a);
    const [addressB, bitsB] = ipaddr.IPv4.parseCIDR(b);
    const bits = Math.min(bitsA, bitsB);
    return addressA.match(addressB, bits);
}
