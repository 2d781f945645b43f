import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { docker, Project } from "../support/project.ts";
import { until } from "../support/eventually.ts";

describe("a container that is not well", function () {
    this.timeout(180_000);
    const project = new Project();
    const image = `blue-green-e2e-unhealthy-${process.pid}:1`;
    const one = { servers: 1, greenImage: image };
    const of = (text: string, name: string) =>
        text.split("\n").filter((line) => line.includes(`warning: ${project.name}-${name} `));
    before(async () => {
        const input = "FROM demo-server:0.0.1\nHEALTHCHECK --interval=1s --retries=1 CMD test -e /tmp/well\n";
        assert.equal(spawnSync("docker", ["build", "-t", image, "-"], { input }).status, 0);
        await project.init();
    });
    after(async () => {
        await project.remove();
        docker("rmi", "-f", image);
    });

    it("is no word when all are well", async () => {
        await project.given({ servers: 1 });
        for (const { text } of [await project.up({ servers: 1 }), await project.preview({ servers: 1 })])
            assert.deepEqual(of(text, "server1-blue"), []);
    });

    it("is a warning in preview and up when the engine restarts it, and the up has nothing to do", async () => {
        await project.given({ servers: 1 });
        const name = `${project.name}-server1-blue`;
        docker("exec", name, "node", "-e", "process.kill(1, 'SIGTERM')");
        await until(() => docker("inspect", "-f", "{{.RestartCount}} {{.State.Running}}", name) === "1 true", 20);
        const said = /server1-blue restarts again and again.* Its log ends with: \S/;
        const { text } = await project.preview({ servers: 1 });
        assert.match(of(text, "server1-blue").join(), said);
        const up = await project.up({ servers: 1 });
        assert.match(of(up.text, "server1-blue").join(), said);
        assert.match(up.text, /Resources:\n +\d+ unchanged/);
        // Somebody who starts it again has looked at it.
        docker("restart", "-t", "5", name);
        assert.deepEqual(of((await project.preview({ servers: 1 })).text, "server1-blue"), []);
    });

    it("is a warning when it does not run, with what brings it back, and none when the up replaces or removes it", async () => {
        await project.given({ servers: 1 });
        docker("stop", "-t", "5", `${project.name}-server1-green`);
        project.disturbed();
        const { text } = await project.preview({ servers: 1 });
        assert.match(
            of(text, "server1-green").join(),
            /does not run, it is exited\. `pulumi up --refresh` brings it back/,
        );
        for (const greenImage of ["demo-server:0.0.2", undefined])
            assert.deepEqual(of((await project.preview({ servers: 1, greenImage })).text, "server1-green"), []);
        await project.given({ servers: 1 });
        assert.deepEqual(of((await project.preview({ servers: 1 })).text, "server1-green"), []);
    });

    it("is a warning when the health check of its image fails", async () => {
        await project.given(one);
        const name = `${project.name}-server1-green`;
        await until(() => docker("inspect", "-f", "{{.State.Health.Status}}", name) === "unhealthy", 20);
        assert.match(of((await project.up(one)).text, "server1-green").join(), /is unhealthy/);
        docker("exec", name, "touch", "/tmp/well");
        await until(() => docker("inspect", "-f", "{{.State.Health.Status}}", name) === "healthy", 20);
        assert.deepEqual(of((await project.up(one)).text, "server1-green"), []);
    });
});
