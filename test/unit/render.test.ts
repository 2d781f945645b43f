import assert from "node:assert/strict";
import { poolCheck } from "../../nginx/pool-check.ts";
import { renderRoutes } from "../../nginx/render.ts";
import { script, stepRun } from "../../nginx/steps.ts";
import { poolContainers } from "../../plan/pool.ts";
import { service, settingsOf } from "../support/settings.ts";

describe("nginx's config", () => {
    const { config, generation } = renderRoutes(settingsOf());

    it("is the same whatever is deployed and whichever color is active: no deploy and no cutover reloads nginx", () => {
        const other = settingsOf({
            activeColor: "green",
            blueImage: "",
            greenImage: "other:9",
            command: '["x"]',
            env: '{"A":"b"}',
        });
        assert.deepEqual(renderRoutes(other), { config, generation });
    });

    const changes: Record<string, string>[] = [
        { servers: "3" },
        { testers: '["10.0.0.0/8"]' },
        { timeouts: '{"readSeconds":5}' },
        { maxBodySize: "1g" },
    ];
    for (const change of changes) {
        it(`changes its generation with ${Object.keys(change).join()}`, () => {
            const changed = renderRoutes(settingsOf(change));
            assert.notEqual(changed.generation, generation);
            assert.ok(changed.config.includes(`generation=${changed.generation}`));
        });
    }

    it("lists each server of each color", () => {
        for (const host of [10, 11, 12, 13]) assert.ok(config.includes(`server 10.231.77.${host}:8080`), String(host));
        assert.ok(!config.includes("10.231.77.14"));
    });

    it("lets in the gateway for the word loopback, and each tester once", () => {
        const testersOf = (...testers: string[]) => {
            const { config: text } = renderRoutes(settingsOf({ testers: JSON.stringify(testers) }));
            return [...text.matchAll(/^ +([\d.:a-f]+\/\d+) 1;$/gm)].map(([, network]) => network);
        };
        assert.deepEqual(testersOf("loopback", "10.0.0.0/8", "10.231.77.1", "10.231.77.1/32"), [
            "10.231.77.1/32",
            "10.0.0.0/8",
        ]);
        assert.deepEqual(testersOf("2001:db8::1", "2001:0db8::1/128"), ["2001:db8::1/128"]);
        assert.deepEqual(testersOf("0.0.0.0/0", "::/0"), ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]);
    });

    it("has no value escaped as HTML", () => {
        assert.doesNotMatch(config, /&#x2F;|&quot;|\{\{/);
    });
});

describe("steps", () => {
    it("carry no comments into the state, and begin with what they need to know", () => {
        for (const name of ["boot", "gate", "routes", "status", "traffic"] as const) {
            assert.match(script(name), /^dir='\/etc\/blue-green'\n/);
            assert.doesNotMatch(script(name), /^\s*#/m);
        }
        assert.doesNotMatch(stepRun("gate", "nginx", {}).environment.RUN, /^\s*\/\//m);
    });

    it("are told how to check a pool", () => {
        const settings = settingsOf({ health: '{"path":"/up","status":"204"}' });
        assert.equal(
            poolCheck(settings.blue, poolContainers(settings, service, "blue")),
            "/up 204 204 3 1 60\n" +
                "server1 10.231.77.10:8080 blue-green-test-server1-blue\n" +
                "server2 10.231.77.12:8080 blue-green-test-server2-blue\n",
        );
    });
});
