import assert from "node:assert/strict";
import { docker, Project } from "../support/project.ts";
import { until } from "../support/eventually.ts";

describe("an up that was killed", function () {
    this.timeout(180_000);
    const project = new Project();
    const health = { path: "/healthz", intervalSeconds: 1, successes: 2, timeoutSeconds: 60 };
    const blue = { health };
    const green = { health, activeColor: "green" };
    before(() => project.init());
    after(() => project.remove());

    const inNginx = (script: string) =>
        docker("exec", `${project.name}-nginx`, "sh", "-c", `cd /etc/blue-green; ${script}`);
    const steps = () => inNginx(`grep -lzxF 'eval "$STEP"' /proc/[0-9]*/cmdline 2>/dev/null || :`);

    /** A cutover to a pool of which one server is down, so that it waits. */
    async function waitingCutover() {
        await project.given(blue);
        docker("stop", "-t", "0", `${project.name}-server2-green`);
        const up = project.begin(green);
        const ended = new Promise<number | null>((resolve) => up.on("exit", resolve));
        await until(() => inNginx("cat fence").endsWith(" traffic"), 30);
        return { pid: up.pid!, ended };
    }
    const heal = () => docker("start", `${project.name}-server2-green`);

    /** nginx, the step's record, the stack's output, `up` and `preview --refresh` agree that blue is live. */
    async function blueIsLive() {
        assert.equal(await project.get("/"), "200 blue");
        assert.match(inNginx("cat traffic"), /^blue\b/);
        assert.equal(await project.output("activeColor"), "blue");
        assert.deepEqual(await project.changes(blue), {});
        const { code, text } = await project.preview(blue, "--expect-no-changes", "--refresh");
        assert.equal(code, 0, text);
        assert.equal(await project.get("/"), "200 blue");
    }

    const ways: Record<string, (pid: number) => void> = {
        "with its whole process group": (pid) => process.kill(-pid, "SIGKILL"),
        "alone, so that what it started goes on": (pid) => process.kill(pid, "SIGKILL"),
        "by one Ctrl-C": (pid) => process.kill(-pid, "SIGINT"),
    };
    for (const [how, kill] of Object.entries(ways)) {
        it(`${how}, while a cutover waits for a sick pool, moves nothing once activeColor is set back`, async () => {
            const { pid, ended } = await waitingCutover();
            kill(pid);
            assert.notEqual(await ended, 0);
            await project.unlock();
            assert.equal((await project.up(blue)).code, 0);
            heal();
            await until(async () => (await project.get("/green/")) === "200 green" && steps() === "", 30);
            await blueIsLive();
        });
    }

    it("after the traffic had moved and before the stack knew: the next one moves it to where it is asked for", async () => {
        const { pid, ended } = await waitingCutover();
        process.kill(pid, "SIGSTOP"); // it can't note any more what its plugin does
        heal();
        await until(() => inNginx("cat traffic").startsWith("green"), 30);
        process.kill(-pid, "SIGKILL");
        await ended;
        await project.unlock();
        assert.equal(await project.get("/"), "200 green");
        assert.deepEqual(await project.changes(blue), { update: ["traffic-switch"] });
        await blueIsLive();
    });
});
