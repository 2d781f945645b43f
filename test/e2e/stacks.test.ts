import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, Project } from "../support/project.ts";

describe("two stacks on one engine", function () {
    this.timeout(180_000);
    const [first, second] = [new Project(), new Project()];
    before(async () => {
        await first.init();
        await first.given({ servers: 1 });
        await second.init();
    });
    after(async () => {
        await second.remove();
        await first.remove();
    });

    it("don't disturb each other: each has its names, its port, its subnet and its live color", async () => {
        await second.given({ servers: 1, activeColor: "green" });
        assert.equal(await first.get("/"), "200 blue");
        assert.equal(await second.get("/"), "200 green");
        assert.deepEqual(await first.changes({ servers: 1 }), {});
        assert.deepEqual(
            first.onEngine().filter((name) => second.onEngine().includes(name)),
            [],
        );
    });
});

describe("a color that is built from a folder", function () {
    this.timeout(180_000);
    const project = new Project();
    const context = mkdtempSync(join(tmpdir(), "blue-green-build-"));
    const image = `blue-green-e2e-built-${process.pid}`;
    const built = { servers: 1, greenImage: `${image}:1`, greenBuild: { context } };
    const writeVersion = (version: string) => {
        writeFileSync(join(context, "Dockerfile"), `FROM demo-server:0.0.1\nENV VERSION=${version}\n`);
    };
    before(() => project.init());
    after(async () => {
        await project.remove();
        rmSync(context, { recursive: true });
        const images = docker("images", "-q", image).split("\n").filter(Boolean);
        if (images.length > 0) docker("rmi", "-f", ...images);
    });

    it("is built once, and again when the content changes, and not otherwise", async () => {
        writeVersion("7.1");
        await project.changes(built);
        assert.equal(await project.get("/green/version"), "200 7.1");
        mkdirSync(join(context, "ignored"));
        writeFileSync(join(context, ".dockerignore"), "ignored\n");
        await project.changes(built);
        writeFileSync(join(context, "ignored", "notes"), "nothing that the image has");
        assert.deepEqual(await project.changes(built), {});
        writeVersion("7.2");
        const { replace, update } = await project.changes(built);
        assert.deepEqual(replace, ["server1-green"]);
        assert.deepEqual(update, ["green-gate-check", "green-image-build"]);
        assert.equal(await project.get("/green/version"), "200 7.2");
    });

    it("fails the up with the build's own words when it can't be built", async () => {
        writeFileSync(join(context, "Dockerfile"), "FROM demo-server:0.0.1\nRUN echo out of luck; false\n");
        const { code, text } = await project.up(built);
        assert.notEqual(code, 0);
        assert.match(text, /out of luck/);
        assert.doesNotMatch(docker("ps", "-a", "--no-trunc", "--format", "{{.Command}}"), /out of luck/);
        assert.equal(await project.get("/"), "200 blue");
    });
});
