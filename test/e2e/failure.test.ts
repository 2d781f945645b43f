import assert from "node:assert/strict";
import { docker, Project } from "../support/project.ts";

describe("a new version that does not work", function () {
    this.timeout(180_000);
    const project = new Project();
    const health = { path: "/healthz", successes: 2, timeoutSeconds: 3 };
    before(() => project.init());
    after(() => project.remove());

    it("fails the up on the first, the second and the third try, with its log, and the active color keeps serving", async () => {
        await project.given({ health });
        const containers = docker("ps", "-aq", "--filter", `name=${project.name}-.*-blue`);
        // The cutover is asked for as well: it must not happen, however often.
        const sick = {
            health,
            activeColor: "green",
            greenImage: "demo-server:0.0.2",
            env: { DEPLOYMENT: "{{color}}", UNHEALTHY: "1" },
        };
        for (const attempt of ["first", "second", "third"]) {
            const { code, text } = await project.up(sick);
            assert.notEqual(code, 0, attempt);
            assert.match(
                text,
                /server1 did not answer GET \/healthz with 200-399 2 times in a row within 3 s; last: status 503/,
            );
            assert.match(
                text,
                new RegExp(`The last lines of ${project.name}-server1-green:\\n(.*\\| .*\\n)*.*\\| .*UNHEALTHY`),
                attempt,
            );
            assert.match(text, /green did not pass its health check, so it gets no traffic/);
            assert.equal(await project.get("/"), "200 blue", attempt);
        }
        assert.equal(
            docker("ps", "-aq", "--filter", `name=${project.name}-.*-blue`),
            containers,
            "the active pool was touched",
        );
        // Mended, the same up goes through.
        await project.changes({ health, activeColor: "green", greenImage: "demo-server:0.0.2" });
        assert.equal(await project.get("/version"), "200 0.0.2");
    });

    it("is noticed when it crashes at once, again and again", async () => {
        await project.given({ health });
        const { code, text } = await project.up({
            health,
            activeColor: "green",
            command: ["node", "-e", "throw new Error('no database')"],
        });
        assert.notEqual(code, 0);
        assert.match(text, /server2 did not answer .* last: no answer/);
        assert.match(text, /\| Error: no database/);
        assert.equal(await project.get("/"), "200 blue");
    });

    it("is noticed when its command does not exist, and mended by the next up", async () => {
        await project.given({ health });
        const broken = { health, activeColor: "green", command: ["/no/such/program"] };
        const { code, text } = await project.up(broken);
        assert.notEqual(code, 0);
        assert.match(text, /no such program|no such file or directory/);
        assert.equal(await project.get("/"), "200 blue");
        await project.changes({ health });
        assert.equal(await project.get("/green/"), "200 green");
    });

    it("can't become active later either: a cutover asks the pool once more", async () => {
        await project.given({ health });
        docker("stop", "-t", "0", `${project.name}-server2-green`);
        project.disturbed();
        const { code, text } = await project.up({ health, activeColor: "green" });
        assert.notEqual(code, 0);
        assert.match(text, /green can't become active now\. blue keeps serving/);
        assert.equal(await project.get("/"), "200 blue");
        assert.equal(await project.output("activeColor"), "blue");
        assert.equal(await project.output("idleColor"), "green");
    });

    it("has bounds that end with it: what it was too small for is not told of the color that serves, nor does it stay", async () => {
        await project.given({ health });
        const bounds = (color: string) =>
            docker(
                "inspect",
                "-f",
                "{{.HostConfig.PidsLimit}} {{.HostConfig.Memory}}",
                `${project.name}-server1-${color}`,
            );
        const before = bounds("blue");
        const { text } = await project.up({ health, limits: { pids: 16 } });
        assert.match(text, /blue is serving: a change of its .*limits/);
        assert.deepEqual([bounds("blue"), bounds("green")], [before, before]);
        const sick = { health, greenLimits: { pids: 16, memoryMb: 64 }, greenEnv: { UNHEALTHY: "1" } };
        assert.notEqual((await project.up(sick)).code, 0);
        assert.equal(bounds("green"), `16 ${64 * 2 ** 20}`);
        await project.changes({ health });
        assert.deepEqual([bounds("blue"), bounds("green")], [before, before]);
    });

    it("goes back to the version before it, which is checked again", async () => {
        await project.given({ health });
        await project.changes({ health, greenImage: "demo-server:0.0.2", greenLimits: { pids: 100 } });
        const { update } = await project.changes({ health });
        assert.deepEqual(update, ["green-gate-check"]);
        assert.equal(await project.get("/green/version"), "200 0.0.1");
    });

    it("in the color that is left by a cutover fails the up; the outputs say which color serves all the same", async () => {
        await project.given({ health });
        const { code } = await project.up({ health, activeColor: "green", blueImage: "demo-base:1" });
        assert.notEqual(code, 0);
        assert.equal(await project.get("/"), "200 green");
        assert.equal(await project.output("activeColor"), "green");
    });

    it("by a check that was wrong leaves a color that has passed as it was, to testers and to a rollback", async () => {
        const green = { health, activeColor: "green" };
        await project.given(green);
        const { code, text } = await project.up({ ...green, health: { ...health, path: "/nope" } });
        assert.notEqual(code, 0);
        assert.match(text, /green did not pass this check\. Its containers are those that passed before/);
        assert.equal(await project.get("/green/"), "200 green");
        assert.deepEqual(await project.changes(green), {});
        assert.equal(await project.get("/green/"), "200 green");
        assert.deepEqual(await project.changes({ health }), { update: ["traffic-switch"] });
        assert.deepEqual(await project.changes(green), { update: ["traffic-switch"] });
        assert.equal(await project.get("/"), "200 green");
    });
});
