import assert from "node:assert/strict";
import { addressesOf, parseRoutes } from "../../engine/preflight.ts";

describe("the machine's routes", () => {
    it("are read with their networks, without the default one, also of an interface that is down", () => {
        const text =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
            "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
            "br-abcbfd64abe9\t004DE70A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert.deepEqual(parseRoutes(text), [
            ["eth0", "192.0.2.0/24"],
            ["br-abcbfd64abe9", "10.231.77.0/24"],
        ]);
    });
});

describe("the addresses on which a container publishes a port", () => {
    it("are those of that port, also within a range, and of tcp only", () => {
        const ports =
            "127.0.0.1:80->8080/tcp, 10.0.0.1:78-82->78-82/tcp, 0.0.0.0:80->53/udp, 0.0.0.0:81->8081/tcp, 90/tcp";
        assert.deepEqual(addressesOf(ports, 80), ["127.0.0.1", "10.0.0.1"]);
        assert.deepEqual(addressesOf("", 80), []);
    });
});
