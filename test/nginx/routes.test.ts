import assert from "node:assert/strict";
import { renderRoutes } from "../../nginx/render.ts";
import { ask, KeptConnection, load, startLoad } from "./http.ts";
import { demoServers, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker, labelled, type Ran } from "./engine.ts";

describe("the routes step", () => {
    const stand = useStand(demoServers);

    const must = async (step: Promise<Ran>): Promise<string> => {
        const { code, text } = await step;
        assert.equal(code, 0, text);
        return text;
    };
    const generation = async () => (await stand().status()).generation;
    const releases = async () => (await stand().inside("ls $dir/releases")).split("\n");
    const current = async () => (await stand().inside("readlink $dir/current")).split("/").pop();
    const served = async () => (await ask(stand().port, "/").catch(() => undefined))?.status;

    afterEach(async () => {
        if ((await generation()) !== renderRoutes(stand().settings).generation) await must(stand().routes());
        assert.equal(await served(), 200);
    });

    it("has a new config in force in every worker when it returns", async () => {
        const one = { ...stand().settings, servers: 1, testers: ["10.0.0.0/30"] };
        assert.match(await must(stand().routes(one)), /^generation [0-9a-f]{12} is served$/m);
        const answers = await load(60, 20, () => ask(stand().port, "/"));
        assert.deepEqual(new Set(answers.map(({ headers }) => headers["x-server"])), new Set(["server1"]));
        const previews = await load(60, 20, () => ask(stand().port, "/green/"));
        assert.deepEqual(new Set(previews.map(({ status }) => status)), new Set([403]));
        assert.equal(await generation(), renderRoutes(one).generation);
    });

    it("works again for the generation that is served", async () => {
        const before = await generation();
        await must(stand().routes());
        await must(stand().routes());
        assert.equal(await generation(), before);
    });

    it("fails no request while it reloads, and cuts no connection", async () => {
        const kept = await KeptConnection.open(stand().port);
        await kept.ask("/");
        const clients = startLoad(20, () => ask(stand().port, "/slow?ms=20"));
        for (const readSeconds of [50, 51]) {
            const timeouts = { ...stand().settings.timeouts, readSeconds };
            await must(stand().routes({ ...stand().settings, timeouts }));
        }
        const answers = await clients.stop();
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
        assert.equal((await kept.ask("/")).status, 200);
        kept.close();
    });

    it("leaves the config in force when nginx refuses the new one, and says why", async () => {
        const before = await generation();
        const { code, text } = await stand().routes(stand().settings, {
            config: (config) => config.replace("server_tokens off", "server_tokens perhaps"),
        });
        assert.notEqual(code, 0);
        assert.match(text, /nginx refuses the rendered config; the one in force was not touched/);
        assert.match(text, /invalid value "perhaps"/);
        assert.deepEqual([await generation(), await current()], [before, before]);
        assert.ok((await releases()).includes(before!));
    });

    it("leaves the config in force when nginx refuses that very one, so that it can start with it again", async () => {
        const before = await generation();
        const { code } = await stand().routes(stand().settings, {
            script: (script) => script.replace("nginx -t", "false"),
        });
        assert.notEqual(code, 0);
        assert.deepEqual([await generation(), await current()], [before, before]);
        await docker("restart", "-t", "5", stand().nginx);
        await eventually(served, (status) => status === 200);
    });

    describe("with a config that passes the check but that the running nginx can't take", () => {
        const listens = (config: string) => config.replace("server_name", "listen 8099;\n server_name");
        let holder = "";

        // Somebody has the port in the container.
        before(async () => {
            const program = 'require("net").createServer().listen(8099, () => console.log("listens"))';
            const network = `container:${stand().nginx}`;
            holder = await docker(
                "run",
                "-d",
                ...labelled,
                "--network",
                network,
                "demo-server:0.0.1",
                "node",
                "-e",
                program,
            );
            await eventually(
                () => docker("logs", holder),
                (log) => log === "listens",
            );
        });
        after(() => docker("rm", "-f", holder));

        it("puts the old one back and gives the reason, and works at once with a good one", async () => {
            const before = await generation();
            const { code, text } = await stand().routes(stand().settings, { config: listens });
            assert.notEqual(code, 0);
            assert.match(text, /nginx did not take the new config, so the old one was put back/);
            assert.match(text, /bind\(\) to 0.0.0.0:8099 failed \(98: Address (already )?in use\)/);
            assert.deepEqual([await generation(), await current()], [before, before]);
            assert.equal(await served(), 200);
            await must(stand().routes({ ...stand().settings, servers: 1 }));
        });

        it("puts back what nginx serves, also when an earlier run was killed after the swap", async () => {
            const before = await generation();
            const killed = await stand().routes(stand().settings, {
                config: listens,
                script: (script) => script.replace(/kill -HUP.*/, "kill -9 $$$$"),
            });
            assert.equal(killed.code, 137);
            assert.notEqual(await current(), before);
            const { code, text } = await stand().routes(stand().settings, { config: listens });
            assert.notEqual(code, 0);
            assert.match(text, /the old one was put back/);
            assert.deepEqual([await generation(), await current()], [before, before]);
        });
    });

    it("puts the old config back when a shared memory zone is used in another way", async () => {
        const zone = (key: string) => (config: string) =>
            config.replace("server_tokens", `limit_req_zone ${key} zone=z:1m rate=1r/s;\n server_tokens`);
        await must(stand().routes(stand().settings, { config: zone("$remote_addr") }));
        const before = await generation();
        const { code, text } = await stand().routes(stand().settings, { config: zone("$uri") });
        assert.notEqual(code, 0);
        assert.match(text, /limit_req "z" uses the "\$uri" key while previously it used the "\$remote_addr" key/);
        assert.deepEqual([await generation(), await current()], [before, before]);
    });

    it("works when the run before was killed, at whichever of its lines", async function () {
        this.timeout(60_000);
        const lines = [
            "fenced write_release",
            "if ! refused",
            "fenced put_into_force",
            "if ! within",
            "fenced finish",
            "printf",
        ];
        for (const [index, start] of lines.entries()) {
            const settings = { ...stand().settings, servers: 1 + (index % 2) };
            const killed = await stand().routes(settings, {
                script: (script) =>
                    script.replace(new RegExp(`(?<=^release=[^]*)^(?=${start})`, "m"), "kill -9 $$$$\n"),
            });
            assert.equal(killed.code, 137, start);
            assert.equal(await served(), 200, start);
            await must(stand().routes(settings));
            assert.equal(await generation(), renderRoutes(settings).generation, start);
        }
    });

    it("keeps the releases of now and before, and no others", async () => {
        for (const servers of [1, 2, 1]) await must(stand().routes({ ...stand().settings, servers }));
        const kept = [1, 2].map((servers) => renderRoutes({ ...stand().settings, servers }).generation);
        assert.deepEqual(await releases(), kept.sort());
    });

    it("covers all workers of a machine with many cores", async () => {
        await must(
            stand().routes(stand().settings, {
                config: (config) => config.replace(/worker_processes \d+/, "worker_processes 20"),
            }),
        );
        assert.equal((await stand().workers()).length, 20);
        await must(stand().traffic("green"));
        await must(stand().traffic("blue"));
    });
});
