import assert from "node:assert/strict";
import { AddressPlan, overlaps } from "../../settings/addresses.ts";

describe("addresses", () => {
    it("give each container its own, clear of gateway, nginx and broadcast", () => {
        const plan = new AddressPlan("10.0.255.0/24");
        const all = Array.from({ length: plan.maxServers }, (_, i) => [
            plan.server("blue", i + 1),
            plan.server("green", i + 1),
        ]);
        const used = new Set([plan.gateway, plan.nginx, ...all.flat()]);
        assert.equal(used.size, 2 + 2 * plan.maxServers);
        assert.equal(plan.gateway, "10.0.255.1");
        assert.ok(!used.has("10.0.255.255") && !used.has("10.0.255.0"));
        for (const address of used) assert.match(address, /^10\.0\.255\.\d+$/);
    });

    it("don't move when a server is added", () => {
        const plan = new AddressPlan("10.0.0.0/24");
        assert.deepEqual(
            [plan.server("blue", 1), plan.server("green", 1), plan.server("blue", 2)],
            ["10.0.0.10", "10.0.0.11", "10.0.0.12"],
        );
    });

    it("carry over in a large subnet", () => {
        assert.equal(new AddressPlan("10.0.0.0/8").server("blue", 130), "10.0.1.12");
    });

    it("see when two networks overlap", () => {
        assert.ok(overlaps("10.0.0.0/8", "10.231.77.0/24"));
        assert.ok(overlaps("10.231.77.9/24", "10.231.0.0/16"));
        assert.ok(!overlaps("10.231.76.0/24", "10.231.77.0/24"));
        assert.ok(!overlaps("fd00::/8", "10.231.77.0/24"));
    });
});
