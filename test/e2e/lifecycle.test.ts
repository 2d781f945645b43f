import assert from "node:assert/strict";
import { Project } from "../support/project.ts";

describe("the life of a service", function () {
    this.timeout(180_000);
    const project = new Project();
    before(() => project.init());
    after(() => project.remove());

    it("begins with one up, after which the active color serves and nothing is left to do", async () => {
        await project.given();
        assert.equal(await project.get("/"), "200 blue");
        assert.match((await project.preview({}, "--expect-no-changes", "--refresh")).text, /unchanged/);
        assert.deepEqual(await project.changes({}), {});
    });

    it("deploys to the idle color: its containers, its image, its gate, and nothing of nginx or the active color", async () => {
        await project.given();
        assert.deepEqual(await project.changes({ greenImage: "demo-server:0.0.2" }), {
            replace: ["green-image-pull", "server1-green", "server2-green"],
            update: ["green-gate-check"],
        });
        assert.equal(await project.get("/green/version"), "200 0.0.2");
        assert.equal(await project.get("/version"), "200 0.0.1");
    });

    it("cuts over and rolls back by changing one resource, shown in the preview as blue => green", async () => {
        await project.given({ greenImage: "demo-server:0.0.2" });
        const cutover = { greenImage: "demo-server:0.0.2", activeColor: "green" };
        const preview = await project.preview(cutover);
        assert.match(preview.text, /~ ACTIVE_COLOR: "blue" => "green"/);
        assert.match(preview.text, /~ 1 to update\n/);
        assert.doesNotMatch(preview.text, /unknown|\[unknown\]|output</i);
        assert.deepEqual(await project.changes(cutover), { update: ["traffic-switch"] });
        assert.equal(await project.get("/version"), "200 0.0.2");
        assert.deepEqual(await project.changes({ greenImage: "demo-server:0.0.2" }), { update: ["traffic-switch"] });
        assert.equal(await project.get("/version"), "200 0.0.1");
    });

    it("deploys, cuts over and then changes the color that was left, all in one up", async () => {
        await project.given();
        const both = { activeColor: "green", greenImage: "demo-server:0.0.2", blueImage: "demo-server:0.0.2" };
        const { update, replace } = await project.changes(both);
        assert.deepEqual(update, ["blue-gate-check", "green-gate-check", "traffic-switch"]);
        assert.equal(replace?.length, 6);
        assert.equal(await project.get("/"), "200 green");
        assert.equal(await project.get("/blue/version"), "200 0.0.2");
    });

    it("adds and removes servers by changing the routes, and shows it as a diff of nginx's config", async () => {
        await project.given();
        const preview = await project.preview({ servers: 3 });
        assert.match(preview.text, new RegExp(`^ +\\+ +server ${project.subnet.replace("0/24", "14")}:8080`, "m"));
        const { create, update } = await project.changes({ servers: 3 });
        assert.deepEqual(create, ["server3-blue", "server3-green"]);
        assert.deepEqual(update, ["blue-gate-check", "green-gate-check", "routes-reload"]);
        const removed = await project.changes({});
        assert.deepEqual(removed.delete, ["server3-blue", "server3-green"]);
        assert.equal(await project.get("/"), "200 blue");
    });

    it("retires an idle color that has no image any more; its preview says so", async () => {
        await project.given();
        const retired = await project.changes({ greenImage: undefined });
        assert.deepEqual(retired.delete, ["green-gate-check", "green-image-pull", "server1-green", "server2-green"]);
        assert.match(await project.get("/green/"), /^503 green has no version/);
        assert.equal(await project.get("/"), "200 blue");
        assert.ok(!project.onEngine().some((name) => name.endsWith("-green")));
    });

    it("retires the color that is left together with the cutover, after it", async () => {
        await project.given();
        await project.changes({ activeColor: "green", blueImage: undefined });
        assert.equal(await project.get("/"), "200 green");
        assert.match(await project.get("/blue/"), /^503/);
    });

    it("leaves nothing on the engine after destroy, but the images", async () => {
        await project.given();
        assert.equal(project.onEngine().length, 7);
        const { code, text } = await project.pulumi("destroy", "--yes", "--skip-preview", ...project.stackOptions());
        assert.equal(code, 0, text);
        project.disturbed();
        assert.deepEqual(project.onEngine(), []);
    });
});
