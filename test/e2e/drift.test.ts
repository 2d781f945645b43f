import assert from "node:assert/strict";
import { docker, Project } from "../support/project.ts";
import { until } from "../support/eventually.ts";

describe("what was changed by hand", function () {
    this.timeout(180_000);
    const project = new Project();
    const green = { activeColor: "green" };
    const inNginx = (script: string) => docker("exec", `${project.name}-nginx`, "sh", "-c", script);
    before(() => project.init());
    after(() => project.remove());

    it("is undone by up when the marker is lost; the up after it has nothing to do", async () => {
        await project.given(green);
        inNginx("rm /etc/blue-green/live/green");
        assert.equal(await project.get("/"), "200 blue");
        assert.deepEqual(await project.changes(green), { update: ["traffic-switch"] });
        assert.equal(await project.get("/"), "200 green");
        assert.deepEqual(await project.changes(green), {});
    });

    it("is undone by up when the traffic was moved to the other color", async () => {
        await project.given();
        inNginx("touch /etc/blue-green/live/green");
        assert.equal(await project.get("/"), "200 green");
        assert.deepEqual(await project.changes(), { update: ["traffic-switch"] });
        assert.equal(await project.get("/"), "200 blue");
    });

    it("is undone by up when nginx's config was edited and reloaded", async () => {
        await project.given();
        inNginx(
            "sed -i 's/generation=[0-9a-f]*/generation=edited/; s/location = .status/location = \\/status/' /etc/blue-green/current/nginx.conf && nginx -s reload -c /etc/blue-green/current/nginx.conf",
        );
        await until(() => inNginx("curl -s http://127.0.0.1:8081/status").includes("generation=edited"), 10);
        assert.deepEqual(await project.changes(), { update: ["routes-reload"] });
        assert.match(inNginx("curl -s http://127.0.0.1:8081/status"), /generation=[0-9a-f]{12}\n/);
        assert.deepEqual(await project.changes(), {});
    });

    it("is undone by up --refresh when a container was removed, and it passes its gate again", async () => {
        await project.given();
        docker("rm", "-f", `${project.name}-server1-blue`);
        const { create, update } = await project.changes({}, "--refresh");
        assert.deepEqual(create, ["server1-blue"]);
        assert.deepEqual(update, ["blue-gate-check"]);
        assert.equal(await project.get("/"), "200 blue");
    });

    it("is undone by up --refresh when nginx and its volume were removed: the color that was live is live again", async () => {
        await project.given(green);
        docker("rm", "-f", `${project.name}-nginx`);
        docker("volume", "rm", `${project.name}-nginx-config`);
        const { create } = await project.changes(green, "--refresh");
        assert.deepEqual(create, ["lb-config", "nginx"]);
        assert.equal(await project.get("/"), "200 green");
        assert.equal(await project.get("/blue/"), "200 blue");
        assert.deepEqual(await project.changes(green), {});
    });

    it("does not outlive a restart of nginx: routes and live color are as before", async () => {
        await project.given(green);
        docker("restart", `${project.name}-nginx`);
        await until(async () => (await project.get("/").catch(() => "")) === "200 green", 10);
        assert.deepEqual(await project.changes(green), {});
    });
});
