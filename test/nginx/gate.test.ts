import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { poolCheck, poolCheckDigest } from "../../nginx/pool-check.ts";
import type { Health } from "../../settings/settings.ts";
import { ask } from "./http.ts";
import { probes, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker, type Ran } from "./engine.ts";

describe("the gate of a color", () => {
    const stand = useStand(probes);

    /** Settings with a check that is quicker than any that a stack may have. */
    const checked = (health: Partial<Health>) => ({
        ...stand().settings.green,
        health: { path: "/healthz", status: "200", successes: 3, intervalSeconds: 0.05, timeoutSeconds: 1, ...health },
    });
    const gate = (health: Partial<Health> = {}) => stand().gate("green", checked(health));
    /** The gate of containers that were never checked. */
    const gateOfNew = (health: Partial<Health> = {}) =>
        stand().gate("green", checked(health), { ids: [randomUUID(), randomUUID()] });
    const ready = () => stand().inside("ls $dir/ready");
    const refusing = (server: number) => docker("kill", "-s", "USR2", stand().server("green", server));

    it("passes when each server answers as often in a row as wanted, and keeps the check for the traffic step", async () => {
        const id = randomUUID();
        const settings = checked({ path: `/healthz?id=${id}&x=a%2Fb`, successes: 5 });
        const { code, text } = await stand().gate("green", settings);
        assert.deepEqual([code, text], [0, "green passed its health check\n"]);
        const pool = stand().pool("green");
        const record = `${poolCheckDigest(settings, pool)} \n${poolCheck(settings, pool, await stand().ids("green"))}`;
        assert.equal(await stand().inside("cat $dir/ready/green"), record.trim());
        for (const { address } of stand().pool("green")) {
            assert.match(await stand().inside(`curl -s 'http://${address}:8080/seen?of=${id}'`), /"seen":5\b/);
        }
    });

    it("fails for a status that isn't accepted, names each such container, and takes new ones from testers", async () => {
        const { code, text } = await gateOfNew({ path: "/break", status: "200-399" });
        assert.notEqual(code, 0);
        const what = "did not answer GET /break with 200-399 3 times in a row within 1 s; last: no answer";
        for (const server of [1, 2]) {
            assert.ok(text.includes(`FAILED ${stand().server("green", server)}: server${server} ${what}\n`), text);
        }
        assert.match(text, /^green did not pass its health check, so it gets no traffic.$/m);
        assert.equal(await ready(), "blue");
        assert.equal((await ask(stand().port, "/green/")).status, 503);
    });

    it("does not touch the other color, nor what is live, when it fails", async () => {
        assert.notEqual((await gateOfNew({ status: "500" })).code, 0);
        assert.equal((await ask(stand().port, "/")).status, 200);
        assert.equal((await ask(stand().port, "/blue/")).status, 200);
        assert.equal((await stand().status()).live, "blue");
    });

    it("waits for a server that comes up late, and keeps new containers from testers meanwhile", async () => {
        assert.equal((await gate()).code, 0);
        await refusing(1);
        const passes = gateOfNew({ timeoutSeconds: 8 });
        await eventually(ready, (list) => list === "blue");
        assert.equal((await ask(stand().port, "/green/")).status, 503);
        await refusing(1);
        assert.equal((await passes).code, 0);
        assert.equal((await ask(stand().port, "/green/")).status, 200);
        assert.equal((await gate()).code, 0);
    });

    it("that fails for containers that have passed leaves them to testers and to a cutover", async () => {
        assert.equal((await gate()).code, 0);
        const record = await stand().inside("cat $dir/ready/green");
        const { code, text } = await gate({ path: "/break" });
        assert.notEqual(code, 0);
        assert.match(text, /^green did not pass this check. Its containers are those that passed before/m);
        assert.equal(await stand().inside("cat $dir/ready/green"), record);
        assert.equal((await ask(stand().port, "/green/")).status, 200);
        assert.equal((await stand().traffic("green")).code, 0);
        assert.equal((await stand().traffic("blue")).code, 0);
    });

    it("withdraws a color that is retired, also one that has no record, and also when nginx is gone", async () => {
        assert.equal((await gate()).code, 0);
        const variables = { COLOR: "green", CHECK: "", ATTEMPT: "" };
        for (const attempt of ["first", "second"]) {
            const { code, text } = await stand().begin("gate", variables, { title: "withdraw green" }).ended;
            assert.deepEqual([code, text], [0, "green is withdrawn\n"], attempt);
            assert.equal(await ready(), "blue");
            assert.equal((await ask(stand().port, "/green/")).status, 503);
        }
        await docker("stop", "-t", "5", stand().nginx);
        assert.equal((await stand().begin("gate", variables, { title: "withdraw green" }).ended).code, 0);
        const { code, text } = await gate();
        assert.notEqual(code, 0);
        assert.match(text, /^\S+-nginx is not running\. Run `pulumi up --refresh`/);
        await docker("start", stand().nginx);
        await eventually(
            () => ask(stand().port, "/").catch(() => undefined),
            (answer) => answer?.status === 200,
        );
    });

    describe("whose time runs out", () => {
        // All at once, each with a fence of its own: most of it is waiting.
        const runs = new Map<string, Promise<Ran>>();
        const start = (name: string, health: Partial<Health>, edit = (pool: string) => pool) => {
            const input = edit(poolCheck(checked(health), stand().pool("green")));
            const script = (text: string) => text.replace(/^dir='(.*)'$/m, `dir='$1/${name}'\nmkdir -p "$dir/ready"`);
            const variables = { COLOR: "green", CHECK: "", ATTEMPT: "" };
            runs.set(name, stand().begin("gate", variables, { input, script }).ended);
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
                assert.match(text.replace(/^(?!FAILED).*\n/gm, ""), new RegExp(`^${lines.join("")}$`));
            });
        }

        it("is not that of a pool whose status is the least or the most that is accepted", async () => {
            for (const name of ["least", "most"]) assert.equal((await outcome(name)).code, 0);
            for (const name of runs.keys()) await outcome(name);
            await stand().inside(`cd $dir; rm -r ${[...runs.keys()].join(" ")}`);
        });
    });

    it("bounds the containers' processes", async () => {
        const pool = stand().pool("green");
        const bounds = `77 ${pool.map(({ name }) => name).join(" ")}\n99 ${stand().nginx}`;
        const variables = { COLOR: "green", CHECK: "", ATTEMPT: "" };
        const input = poolCheck(checked({}), pool);
        const { code, text } = await stand().begin("gate", variables, { input, environment: { BOUNDS: bounds } }).ended;
        assert.deepEqual([code, text], [0, "green passed its health check\n"]);
        const limit = (name: string) => docker("inspect", "-f", "{{.HostConfig.PidsLimit}}", name);
        assert.deepEqual([await limit(stand().server("green", 2)), await limit(stand().nginx)], ["77", "99"]);
    });

    it("shows the last lines of the log of the container that failed, and of no other", async () => {
        const { code, text } = await gate({ path: "/break?only=green-server1" });
        assert.equal(code, 1);
        assert.match(text, new RegExp(`The last lines of ${stand().server("green", 1)}:\n  \\| probe listens`));
        assert.doesNotMatch(text, /last lines of .*server2/);
    });
});
