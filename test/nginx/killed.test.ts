import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { poolCheck, poolCheckDigest } from "../../nginx/pool-check.ts";
import { renderRoutes } from "../../nginx/render.ts";
import { script as scriptOf, type StepName } from "../../nginx/steps.ts";
import { probes, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker, run } from "./engine.ts";

const givenUp = /The step \((traffic|gate green|routes)\) was given up and changes nothing any more/;

describe("a step whose caller is gone, or that a newer one has overtaken", function () {
    this.timeout(60_000);
    const stand = useStand(probes);

    /** Begins a step that waits before the line which begins so; resolves when it is there. */
    const stopped = async (step: StepName, line: string, edit = (text: string) => text) => {
        await stand().inside("rm -f $dir/there $dir/go");
        const wait = ': >"$dir/there"; until [ -e "$dir/go" ]; do sleep 0.02; done';
        const script = (text: string) => {
            const at = text.lastIndexOf(`\n${line}`);
            const indented = at < 0 ? text.lastIndexOf(`\n    ${line}`) : at;
            assert.ok(indented > 0, line);
            return edit(`${text.slice(0, indented)}\n${wait}${text.slice(indented)}`);
        };
        const { settings } = stand();
        const one = renderRoutes({ ...settings, servers: 1 });
        const pool = stand().pool("green");
        const slower = { ...settings.green, health: { ...settings.green.health, successes: 2, intervalSeconds: 0.1 } };
        const given = {
            traffic: [{ ACTIVE_COLOR: "green", ATTEMPT: "late" }, ""],
            routes: [{ GENERATION: one.generation, ATTEMPT: "late" }, one.config],
            gate: [
                { COLOR: "green", CHECK: poolCheckDigest(slower, pool), ATTEMPT: "late" },
                poolCheck(slower, pool, await stand().ids("green")),
            ],
        } as const;
        const [variables, input] = given[step as keyof typeof given];
        const begun = stand().begin(step, { ...variables }, { input, script });
        await eventually(
            () => stand().inside("ls $dir/there || :"),
            (found) => found !== "",
        );
        return begun;
    };
    const go = () => stand().inside("touch $dir/go");
    const records = () => stand().inside("cd $dir; cat traffic routes ready/green");
    const fence = () => stand().inside("cat $dir/fence");
    /** The steps that run in nginx's container. */
    const running = () => stand().inside(`grep -lzxF 'eval "$STEP"' /proc/[0-9]*/cmdline 2>/dev/null || :`);
    const gone = () => eventually(running, (found) => found === "");

    beforeEach(async () => {
        const steps = [() => stand().gate("green"), () => stand().routes(), () => stand().traffic("blue")];
        for (const step of steps) {
            const { code, text } = await step();
            assert.equal(code, 0, text);
        }
    });

    const points: Record<string, [StepName, string, moved?: boolean][]> = {
        "before it asks anything": [
            ["traffic", "was="],
            ["gate", "passed="],
            ["routes", "fenced write_release"],
        ],
        "before it moves": [
            ["traffic", 'fenced move "$ACTIVE_COLOR"'],
            ["gate", "printf '%s\\n' \"$input\" | pool_passes"],
            ["routes", "fenced put_into_force"],
        ],
        "while it proves what it moved": [
            ["traffic", "if ! all_workers_say", true],
            ["routes", "if ! within 10 decided", true],
        ],
        "before it notes what it reached": [
            ["traffic", "fenced record", true],
            ["gate", "fenced record"],
            ["routes", "fenced finish", true],
        ],
    };
    const served = async () => {
        const { live, generation } = await stand().status();
        return { live, generation };
    };
    const first = () => ({ live: "blue", generation: renderRoutes(stand().settings).generation });
    /** What is served when the step has moved it. */
    const after = (step: StepName, moved = false) => ({
        ...first(),
        ...(moved && step === "traffic" ? { live: "green" } : {}),
        ...(moved && step === "routes"
            ? { generation: renderRoutes({ ...stand().settings, servers: 1 }).generation }
            : {}),
    });

    for (const [when, all] of Object.entries(points)) {
        for (const [step, line, moved] of all) {
            it(`${step}: ends with the program that began it, ${when}, and writes nothing`, async () => {
                const before = await records();
                const { pid, ended } = await stopped(step, line);
                process.kill(pid, "SIGKILL");
                await ended;
                await gone();
                assert.equal(await fence(), "");
                await go();
                assert.equal(await records(), before);
                assert.deepEqual(await served(), after(step, moved));
            });

            it(`${step}: loses its right to a newer one, ${when}, and says so`, async () => {
                const { ended } = await stopped(step, line);
                const newer = await stand().traffic("blue");
                assert.equal(newer.code, 0, newer.text);
                const before = await records();
                await go();
                const { code, text } = await ended;
                assert.notEqual(code, 0);
                assert.match(text, givenUp);
                assert.equal(await records(), before);
                assert.deepEqual(await served(), { ...after(step, moved), live: "blue" });
            });
        }
    }

    it("ends with the docker command, and its program says so", async () => {
        const { pid, ended } = await stopped("traffic", 'fenced move "$ACTIVE_COLOR"');
        const [client] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
        process.kill(Number(client), "SIGKILL");
        const { code, text } = await ended;
        assert.notEqual(code, 0);
        assert.match(text, /The docker command was ended by SIGKILL, and so was the step/);
        await gone();
        assert.deepEqual(await served(), first());
    });

    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
        it(`ends with the whole group that began it (${signal})`, async () => {
            const { pid, ended } = await stopped("traffic", 'fenced move "$ACTIVE_COLOR"');
            process.kill(-pid, signal);
            assert.notEqual((await ended).code, 0);
            await gone();
            assert.deepEqual(await served(), first());
        });
    }

    it("ends when nothing is heard of its caller any more, which is told should it come back", async () => {
        const sooner = (text: string) => text.replace("timeout 30", "timeout 3");
        const { pid, ended } = await stopped("traffic", 'fenced move "$ACTIVE_COLOR"', sooner);
        process.kill(pid, "SIGSTOP");
        await gone();
        process.kill(pid, "SIGCONT");
        const { code, text } = await ended;
        assert.notEqual(code, 0);
        assert.match(text, givenUp);
        assert.deepEqual(await served(), first());
    });

    it("is ended while it waits for a pool that is sick, which then heals", async () => {
        const refusing = () => docker("kill", "-s", "USR2", stand().server("green", 2));
        await refusing();
        const { pid, ended } = stand().begin("traffic", { ACTIVE_COLOR: "green", ATTEMPT: "" });
        await eventually(fence, (text) => text.endsWith(" traffic"));
        process.kill(-pid, "SIGKILL");
        await ended;
        await gone();
        await refusing();
        assert.deepEqual(await served(), first());
    });

    it("loses its right to the status of an up, which tells of it only when it takes nothing", async () => {
        const { ended } = await stopped("traffic", 'fenced move "$ACTIVE_COLOR"');
        const status = (...more: string[]) => docker("exec", ...more, stand().nginx, "sh", "-c", scriptOf("status"));
        assert.match(await status(), /^step=traffic$/m);
        assert.doesNotMatch(await status("-e", "REVOKE=1"), /^step=/m);
        await go();
        assert.match((await ended).text, givenUp);
        assert.deepEqual(await served(), first());
    });

    it("at the same time as another: what is live is what the last one noted", async () => {
        for (let round = 0; round < 4; round += 1) {
            const both = await Promise.all([stand().traffic("green"), stand().traffic("blue")]);
            for (const { code, text } of both) assert.ok(code === 0 || givenUp.test(text), text);
            assert.ok(both.some(({ code }) => code === 0));
            assert.equal((await stand().inside("cat $dir/traffic")).trim(), (await stand().status()).live);
        }
    });

    it("says that docker is missing, or that the image has no flock", async () => {
        const missing = await run(process.execPath, ["-e", "eval(process.env.RUN)", "x", "traffic"], {
            PATH: "/nowhere",
            RUN: readFileSync(new URL("../../nginx/steps/run.cjs", import.meta.url), "utf8"),
        });
        assert.deepEqual(
            [missing.code, missing.text],
            [1, "There is no `docker` command on PATH. Install it, then run `pulumi up` again.\n"],
        );
        const bare = await stand().traffic("green", (text) => text.replace("command -v flock", "command -v no-flock"));
        assert.notEqual(bare.code, 0);
        assert.match(bare.text, /^The nginx image has no flock/);
    });
});
