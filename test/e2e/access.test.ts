import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { docker, Project, run } from "../support/project.ts";

// A host of its own, as far as the machine's network goes: a namespace with one cable.
const host = `bgt${process.pid % 100000}`;
const [ours, theirs] = ["10.229.7.1", "10.229.7.2"];

function ip(...args: string[]): void {
    const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
    assert.equal(status, 0, `ip ${args.join(" ")}: ${stderr}`);
}

// Namespaces want Linux and root; elsewhere test/nginx covers the same rules from a second container.
const possible = process.platform === "linux" && process.getuid?.() === 0;

(possible ? describe : () => undefined)("who reaches the previews", function () {
    this.timeout(120_000);
    const project = new Project();
    const settings = (testers: string[]) => ({ servers: 1, bindAddress: "0.0.0.0", testers });
    /** GET from the other host; status and body. */
    const fromHost = async (path: string, ...headers: string[]) => {
        const flags = headers.flatMap((header) => ["-H", header]);
        const url = `http://${ours}:${project.port}${path}`;
        const { text } = await run("ip", [
            "netns",
            "exec",
            host,
            "curl",
            "-s",
            "-m",
            "5",
            "-w",
            "%{http_code}",
            ...flags,
            url,
        ]);
        return `${text.slice(-3)} ${text.slice(0, -3).trim()}`;
    };

    before(async () => {
        ip("netns", "add", host);
        ip("link", "add", `${host}a`, "type", "veth", "peer", "name", `${host}b`, "netns", host);
        ip("addr", "add", `${ours}/24`, "dev", `${host}a`);
        ip("link", "set", `${host}a`, "up");
        ip("-n", host, "addr", "add", `${theirs}/24`, "dev", `${host}b`);
        ip("-n", host, "link", "set", `${host}b`, "up");
        await project.init();
        await project.given(settings(["loopback"]));
    });
    after(async () => {
        spawnSync("ip", ["netns", "del", host]);
        await project.remove();
    });

    it("is this machine for the word loopback, and not another host, whatever it claims to be", async () => {
        await project.given(settings(["loopback"]));
        assert.equal(await project.get("/green/"), "200 green");
        assert.equal(await fromHost("/"), "200 blue");
        assert.match(await fromHost("/green/"), new RegExp(`^403 .*You come from ${theirs}`));
        assert.match(await fromHost("/green/", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"), /^403/);
        assert.match(await fromHost("/green"), /^403/);
    });

    it("is another host once its network is a tester; the change touches the routes alone", async () => {
        await project.given(settings(["loopback"]));
        assert.deepEqual(await project.changes(settings(["10.229.7.0/24"])), { update: ["routes-reload"] });
        assert.equal(await fromHost("/green/"), "200 green");
        assert.match(await project.get("/green/"), /^403/);
    });

    it("never hands out IPv6, where every client would look like this machine", () => {
        const ports = docker("port", `${project.name}-nginx`);
        assert.equal(ports, `8080/tcp -> 0.0.0.0:${project.port}`);
    });
});
