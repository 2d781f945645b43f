import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { poolCheck } from "../../nginx/pool-check.ts";
import { gateProgram, script } from "../../nginx/steps.ts";
import type { Health } from "../../settings/settings.ts";
import { ask } from "./http.ts";
import { probes, useStand } from "./stands.ts";
import { docker, eventually, type Ran, run } from "./engine.ts";

describe("the gate of a color", () => {
    const stand = useStand(probes);

    /** Settings with a check that is quicker than any that a stack may have. */
    const checked = (health: Partial<Health>) => ({
        ...stand().settings.green,
        health: { path: "/healthz", status: "200", successes: 3, intervalSeconds: 0.05, timeoutSeconds: 1, ...health },
    });
    const gate = (health: Partial<Health> = {}) => stand().gate("green", checked(health));
    const ready = () => stand().inside("ls $dir/ready");
    const refusing = (server: number) => docker("kill", "-s", "USR2", stand().server("green", server));

    it("passes when each server answers as often in a row as wanted, and keeps the check for the traffic step", async () => {
        const id = randomUUID();
        const settings = checked({ path: `/healthz?id=${id}&x=a%2Fb`, successes: 5 });
        const { code, text } = await stand().gate("green", settings);
        assert.deepEqual([code, text], [0, "green passed its health check\n"]);
        assert.equal(await stand().inside("cat $dir/ready/green"), poolCheck(settings, stand().pool("green")).trim());
        for (const { address } of stand().pool("green")) {
            assert.match(await stand().inside(`curl -s 'http://${address}:8080/seen?of=${id}'`), /"seen":5\b/);
        }
    });

    it("fails for a status that isn't accepted, names each such container, and takes the color from testers", async () => {
        const { code, text } = await gate({ path: "/headers?status=404", status: "200-399" });
        assert.notEqual(code, 0);
        const what =
            "did not answer GET /headers?status=404 with 200-399 3 times in a row within 1 s; last: status 404";
        const lines = [1, 2].map((server) => `FAILED ${stand().server("green", server)}: server${server} ${what}\n`);
        assert.equal(text, lines.join(""));
        assert.equal(await ready(), "blue");
        assert.equal((await ask(stand().port, "/green/")).status, 503);
    });

    it("does not touch the other color, nor what is live, when it fails", async () => {
        assert.notEqual((await gate({ status: "500" })).code, 0);
        assert.equal((await ask(stand().port, "/")).status, 200);
        assert.equal((await ask(stand().port, "/blue/")).status, 200);
        assert.equal((await stand().status()).live, "blue");
    });

    it("waits for a server that comes up late, and keeps the color from testers meanwhile", async () => {
        assert.equal((await gate()).code, 0);
        await refusing(1);
        const passes = gate({ timeoutSeconds: 8 });
        await eventually(ready, (list) => list === "blue");
        assert.equal((await ask(stand().port, "/green/")).status, 503);
        assert.match((await stand().traffic("green")).text, /no version that passed its health check/);
        await refusing(1);
        assert.equal((await passes).code, 0);
        assert.equal((await ask(stand().port, "/green/")).status, 200);
    });

    describe("whose time runs out", () => {
        // All at once, under names that are no colors: most of it is waiting.
        const runs = new Map<string, Promise<Ran>>();
        const start = (name: string, health: Partial<Health>, edit = (pool: string) => pool) => {
            const pool = edit(poolCheck(checked(health), stand().pool("green")));
            runs.set(name, stand().step("gate", { COLOR: name }, pool));
        };
        before(() => {
            start("breaks", { path: "/break?only=green-server2" });
            start("absent", {}, (pool) =>
                pool.replace(/(?<=server1 )\S+/, stand().addresses.server("green", 9) + ":8080"),
            );
            start("flaps", { path: "/flap" });
            start("hangs", { path: "/hang" });
            start("slow", { successes: 100, intervalSeconds: 0.2 });
            start("sleeps", { path: "/headers?status=404", status: "200-399", intervalSeconds: 3 });
            start("beyond", { path: "/headers?status=302", status: "200-301" });
            start("least", { path: "/headers?status=302", status: "302-404" });
            start("most", { path: "/headers?status=302", status: "204-302" });
        });
        const outcome = async (name: string) => (await runs.get(name))!;

        const cases = {
            "because a server breaks off, fails for none but that": ["breaks", 2, "no answer"],
            "because a server is gone, fails for none but that": ["absent", 1, "no answer"],
            "because servers don't answer, fails without waiting for them any longer": [
                "hangs",
                undefined,
                "no answer",
            ],
            "because servers answer now and then only, fails": ["flaps", undefined, "status (200|503)"],
            "before there were so many answers, says that they were good": ["slow", undefined, "status 200"],
            "between two questions, fails with the last answer": ["sleeps", undefined, "status 404"],
            "because a status is beyond the accepted ones, fails": ["beyond", undefined, "status 302"],
        } as const;
        for (const [behaviour, [name, server, last]] of Object.entries(cases)) {
            it(behaviour, async () => {
                const { code, text } = await outcome(name);
                assert.notEqual(code, 0);
                const lines = (server ? [server] : [1, 2]).map(
                    (index) => `FAILED ${stand().server("green", index)}: server${index} .*; last: ${last}\n`,
                );
                assert.match(text, new RegExp(`^${lines.join("")}$`));
            });
        }

        it("is not that of a pool whose status is the least or the most that is accepted", async () => {
            for (const name of ["least", "most"]) assert.equal((await outcome(name)).code, 0);
            await stand().inside("rm $dir/ready/least $dir/ready/most");
        });
    });

    describe("on the operator's machine", () => {
        const gateFrom = (health: Partial<Health>) => {
            const names = stand()
                .pool("green")
                .map(({ name }) => name);
            return run("node", ["-e", "eval(process.env.PROGRAM) // gate of green"], {
                COLOR: "green",
                NGINX: stand().nginx,
                POOL: poolCheck(checked(health), stand().pool("green")),
                BOUNDS: `77 ${names.join(" ")}\n99 ${stand().nginx}`,
                SCRIPT: script("gate"),
                PROGRAM: gateProgram(),
            });
        };

        it("bounds the containers' processes and passes", async () => {
            const { code, text } = await gateFrom({});
            assert.deepEqual([code, text], [0, "green passed its health check\n"]);
            const limit = (name: string) => docker("inspect", "-f", "{{.HostConfig.PidsLimit}}", name);
            assert.deepEqual([await limit(stand().server("green", 2)), await limit(stand().nginx)], ["77", "99"]);
        });

        it("shows the last lines of the log of the container that failed, and of no other", async () => {
            const { code, text } = await gateFrom({ path: "/break?only=green-server1" });
            assert.equal(code, 1);
            assert.match(text, new RegExp(`The last lines of ${stand().server("green", 1)}:\n  \\| probe listens`));
            assert.doesNotMatch(text, /last lines of .*server2/);
            assert.match(text, /green did not pass its health check, so it gets no traffic.$/m);
        });
    });
});
