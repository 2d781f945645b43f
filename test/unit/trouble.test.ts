import assert from "node:assert/strict";
import { addTroubles, lastOf, troubleOf } from "../../engine/trouble.ts";

describe("a container", () => {
    it("is in trouble when it restarts, is unhealthy, or does not run", () => {
        assert.equal(troubleOf("restarting", "Restarting (1) 3 seconds ago", 4), "restarts");
        assert.equal(troubleOf("running", "Up 2 days (unhealthy)", 0), "unhealthy");
        for (const state of ["exited", "created", "paused", "dead"]) assert.equal(troubleOf(state, "", 0), "stopped");
    });

    it("is well when it runs, is healthy, or has not been checked yet", () => {
        for (const status of ["Up 2 days", "Up 2 days (healthy)", "Up 3 seconds (health: starting)"])
            assert.equal(troubleOf("running", status, 0), undefined, status);
    });

    it("is in trouble for ten minutes after the engine restarted it, by the engine's clock, and not for longer", () => {
        for (const up of ["Less than a second", "1 second", "59 seconds", "About a minute", "2 minutes", "9 minutes"])
            assert.equal(troubleOf("running", `Up ${up}`, 1), "restarts", up);
        for (const up of ["10 minutes", "59 minutes", "About an hour", "2 hours", "5 weeks"])
            assert.equal(troubleOf("running", `Up ${up}`, 1), undefined, up);
        assert.equal(troubleOf("running", "Up 3 seconds", 0), undefined);
    });

    it("costs no question to the engine when it has run for a while", async () => {
        const container = { name: "a", state: "running", image: "", color: "", digest: "", port: "", subnet: "" };
        const asked: string[][] = [];
        const docker = (...args: string[]) => Promise.resolve(asked.push(args) === 1 ? "/a\t2\n" : "t1 out\nt0 err\n");
        assert.deepEqual(await addTroubles(docker, [{ container, status: "Up 3 hours" }]), [container]);
        assert.equal(asked.length, 0);
        const [sick] = await addTroubles(docker, [{ container, status: "Up 3 seconds" }]);
        assert.deepEqual([sick?.trouble, sick?.lastLine], ["restarts", "out"]);
        assert.deepEqual(
            asked.map(([command]) => command),
            ["inspect", "logs"],
        );
    });
});

describe("the last line of a log", () => {
    it("is the latest that says something, whichever stream it came by", () => {
        assert.equal(
            lastOf("2026-01-01T00:00:00.2Z second\n2026-01-01T00:00:00.4Z \n2026-01-01T00:00:00.1Z first\n"),
            "second",
        );
        assert.equal(lastOf(""), "");
    });

    it("is one line of bounded length without control characters", () => {
        assert.equal(lastOf("t \u001b[31mred\u001b[0m\tand\u0000 \u202eblue\u2028x\r\n"), "red and blue x");
        const long = lastOf(`t ${"😀".repeat(500)}`);
        assert.ok(long.length <= 200 && long.endsWith("…"), long);
        assert.doesNotMatch(long, /\p{C}/u);
    });
});
