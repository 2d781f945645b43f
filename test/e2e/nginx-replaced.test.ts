import assert from "node:assert/strict";
import { spawnSync, type ChildProcess } from "node:child_process";
import { createServer, connect, type Server } from "node:net";
import { docker, Project, type Config } from "../support/project.ts";
import { until } from "../support/eventually.ts";
import { freePort } from "../support/port.ts";

describe("nginx that is replaced", function () {
    this.timeout(240_000);
    const project = new Project();
    const one: Config = { servers: 1, greenImage: undefined };
    const nginx = `${project.name}-nginx`;
    const named = (name: string) => docker("ps", "-aq", "--no-trunc", "--filter", `name=^/${name}$`);
    const running = (name: string) => docker("ps", "-q", "--no-trunc", "--filter", `name=^/${name}$`) !== "";
    const quiet = () =>
        until(() => !project.onEngine().some((name) => /-nginx-(tried|standby|failed)$/.test(name)), 30);
    before(() => project.init());
    after(() => project.remove());
    afterEach(quiet);

    /** Requests all the time while something happens; how many of them failed. */
    async function failuresDuring(happening: () => Promise<void>): Promise<number> {
        let [over, failed, all] = [false, 0, 0];
        const client = (async () => {
            while (!over) {
                all += 1;
                if ((await project.get("/").catch(() => "")) !== "200 blue") failed += 1;
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
        })();
        await happening().finally(() => (over = true));
        await client;
        assert.ok(all > 20, `${all} requests`);
        return failed;
    }

    /** An `up` that is to fail without a request lost, with nginx left alone. */
    async function refused(change: Config, said: RegExp, env: NodeJS.ProcessEnv = {}): Promise<void> {
        await project.given(one);
        const id = named(nginx);
        const failed = await failuresDuring(async () => {
            const { code, text } = await project.up({ ...one, ...change }, [], env);
            assert.notEqual(code, 0, text);
            assert.match(text, said);
        });
        assert.equal(failed, 0);
        assert.equal(named(nginx), id);
    }

    it("is not, when bindAddress is no address of this machine; the preview says so", async () => {
        await refused(
            { bindAddress: "10.255.255.1" },
            /bindAddress 10\.255\.255\.1 is no address of this machine.*\n.*\n.*pulumi config set bindAddress/,
        );
        const { text } = await project.preview({ ...one, bindAddress: "10.255.255.1" });
        assert.match(text, /bindAddress 10\.255\.255\.1 is no address/);
    });

    it("is not, when bindAddress is no address of a far engine's machine", async () => {
        const engine = await engineBetween(() => undefined);
        try {
            await refused(
                { bindAddress: "10.255.255.1" },
                /bindAddress 10\.255\.255\.1 is no address of the engine's machine.*\n.*set bindAddress 127\.0\.0\.1\n.*nginx was not touched/,
                engine.env,
            );
        } finally {
            engine.server.close();
        }
    });

    it("is not by an image that is no nginx, nor by one that does not exist", async () => {
        await refused(
            { nginxImage: "demo-server:0.0.1" },
            /nginxImage demo-server:0\.0\.1 can't be used: it has no nginx.*\n.*\n.*set nginxImage nginx:\d/,
        );
        await refused({ nginxImage: "no-such-image-anywhere:1" }, /no-such-image-anywhere:1/);
    });

    it("is not, when another container or process has the port, also on one of several addresses", async () => {
        await project.given(one);
        const port = await freePort();
        const holder = `${project.name}x-holder`;
        docker("run", "-d", "--name", holder, "-p", `127.0.0.1:${port}:80`, "demo-server:0.0.1");
        try {
            await refused({ port }, new RegExp(`port ${port} on 127.0.0.1 is in use by container ${holder}`));
        } finally {
            docker("rm", "-f", holder);
        }
        const address = docker(
            "network",
            "inspect",
            "-f",
            "{{(index .IPAM.Config 0).Gateway}}",
            `${project.name}-network`,
        );
        const server = createServer().listen(project.port, address);
        try {
            await refused({ bindAddress: "0.0.0.0" }, new RegExp(`port ${project.port} on ${address} is in use`));
        } finally {
            server.close();
        }
    });

    it("serves on another port and address after a good change; the next up has nothing to do, nothing is left", async () => {
        await project.given(one);
        const first = project.port;
        const port = await freePort();
        project.port = port;
        try {
            const { update, replace } = await project.changes({ ...one, port, bindAddress: "0.0.0.0" });
            assert.deepEqual(replace, ["nginx"]);
            assert.ok(update?.includes("lb-successor-proof"));
            assert.equal(await project.get("/"), "200 blue");
            assert.deepEqual(await project.changes({ ...one, port, bindAddress: "0.0.0.0" }), {});
        } finally {
            project.port = first;
        }
        await project.changes({ ...one, port: first });
        await quiet();
        assert.deepEqual(
            project.onEngine().filter((name) => name.includes("nginx")),
            [nginx, `${nginx}-config`],
        );
    });

    it("is put back within seconds when the port is taken after the proof, and the next up goes on from there", async () => {
        await project.given(one);
        const port = await freePort();
        const holder = `${project.name}x-holder`;
        const engine = await engineBetween((request) => {
            if (new RegExp(`/containers/create\\?name=${nginx}[ &]`).test(request)) {
                docker("run", "-d", "--name", holder, "-p", `127.0.0.1:${port}:80`, "demo-server:0.0.1");
            }
            return undefined;
        });
        try {
            const { code, text } = await project.up({ ...one, port }, [], engine.env);
            assert.notEqual(code, 0);
            assert.match(text, /nginx could not be replaced: what was there before was put back and serves/);
            assert.match(text, /port is already allocated|address already in use/);
            assert.equal(await project.get("/"), "200 blue");
            const preview = await project.preview(one);
            assert.match(preview.text, /was put back as it was: .*-nginx-before serves/);
            // Once more with the port still taken: refused, and what was put back goes on.
            const again = await project.up({ ...one, port });
            assert.match(again.text, new RegExp(`port ${port} on 127.0.0.1 is in use by container ${holder}`));
            assert.equal(await project.get("/"), "200 blue");
        } finally {
            engine.server.close();
            docker("rm", "-f", holder);
        }
        const failed = await failuresDuring(async () => {
            await project.changes(one);
        });
        assert.ok(failed < 400, `${failed} requests failed`);
        assert.ok(running(nginx) && !running(`${nginx}-before`));
        assert.deepEqual(await project.changes(one), {});
        await quiet();
    });

    it("is put back when the new one passes the proof but ends at once, again and again", async () => {
        await project.given(one);
        const image = `blue-green-e2e-ends-${process.pid}:1`;
        const nginxImage = docker("inspect", "-f", "{{.Config.Image}}", nginx);
        // Only the trial has /before.
        const wrapper =
            'RUN printf "#!/bin/sh\\n[ -e /before ] || { echo out of luck; exit 1; }\\nexec $(command -v nginx) \\"\\$@\\"\\n" >/nginx && chmod +x /nginx';
        const input = `FROM ${nginxImage}\n${wrapper}\nRUN mkdir /first && mv /nginx /first/\nENV PATH=/first:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n`;
        assert.equal(spawnSync("docker", ["build", "-t", image, "-"], { input }).status, 0);
        try {
            const { code, text } = await project.up({ ...one, nginxImage: image });
            assert.notEqual(code, 0);
            assert.match(text, /The new nginx did not stay up:\n.*out of luck/);
            assert.match(text, /was put back and serves/);
            assert.equal(await project.get("/"), "200 blue");
            await project.changes(one);
            assert.deepEqual(await project.changes(one), {});
            await quiet();
        } finally {
            docker("rmi", "-f", image);
        }
    });

    for (const [when, request] of [
        ["before its container is made", `/containers/create?name=${nginx}`],
        ["before its container is started", "/start "],
    ] as const) {
        it(`is put back when the up is killed ${when}, and the next up goes on from there`, async () => {
            await project.given(one);
            const port = await freePort();
            let up = undefined as ChildProcess | undefined;
            let [made, lost] = [false, false];
            const engine = await engineBetween((text) => {
                made ||= text.includes(`/containers/create?name=${nginx}`) && !text.includes(`name=${nginx}-`);
                if (lost || !made || !text.includes(request) || text.includes(`name=${nginx}-`)) return undefined;
                lost = true;
                up?.kill("SIGKILL");
                return "lost";
            });
            up = project.begin({ ...one, port }, engine.env);
            await new Promise((resolve) => up.once("close", resolve));
            await until(() => running(`${nginx}-before`), 30);
            engine.server.close();
            await until(async () => (await project.get("/").catch(() => "")) === "200 blue", 30);
            await project.unlock();
            project.port = port;
            await project.changes({ ...one, port });
            assert.equal(await project.get("/"), "200 blue");
            assert.deepEqual(await project.changes({ ...one, port }), {});
            await quiet();
        });
    }

    it("leaves nothing when the stack is destroyed while what was put back serves", async () => {
        await project.given(one);
        const port = await freePort();
        const engine = await engineBetween((text) =>
            text.includes(`/containers/create?name=${nginx}`) && !text.includes(`name=${nginx}-`) ? "lost" : undefined,
        );
        const { code } = await project.up({ ...one, port }, [], engine.env);
        assert.notEqual(code, 0);
        engine.server.close();
        assert.ok(running(`${nginx}-before`));
        const { code: destroyed, text } = await project.pulumi(
            "destroy",
            "--yes",
            "--skip-preview",
            ...project.stackOptions(),
        );
        assert.equal(destroyed, 0, text);
        project.disturbed();
        assert.deepEqual(project.onEngine(), []);
    });
});

/** The engine behind a port of this machine. What `onRequest` calls lost never reaches it. */
async function engineBetween(
    onRequest: (text: string) => "lost" | undefined,
): Promise<{ server: Server; env: NodeJS.ProcessEnv }> {
    const server = createServer((client) => {
        const engine = connect("/var/run/docker.sock");
        client.on("data", (data) => {
            if (onRequest(data.toString("latin1").split("\r\n", 1)[0] ?? "") === "lost") client.destroy();
            else engine.write(data);
        });
        client.on("end", () => engine.end());
        engine.pipe(client);
        for (const [one, other] of [
            [client, engine],
            [engine, client],
        ] as const) {
            one.unref(); // a test that fails must not keep the run from ending
            one.on("error", () => other.destroy());
            one.on("close", () => other.destroy());
        }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    server.unref();
    const { port } = server.address() as { port: number };
    return { server, env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` } };
}
