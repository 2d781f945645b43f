import assert from "node:assert/strict";
import { ask, KeptConnection } from "./http.ts";
import { demoServers, probes, useStand } from "./stands.ts";

describe("the traffic at /", () => {
    const stand = useStand(demoServers);

    afterEach(() => stand().live("blue"));

    const colorAt = async (path: string) => (await ask(stand().port, path)).headers["x-deployment"];

    it("goes to blue while there is no marker", async () => {
        for (let i = 0; i < 8; i += 1) assert.equal(await colorAt("/"), "blue");
    });

    it("goes to green while there is one", async () => {
        await stand().live("green");
        for (let i = 0; i < 8; i += 1) assert.equal(await colorAt("/version"), "green");
    });

    it("goes to each server of the active color", async () => {
        const servers = new Set<string | undefined>();
        for (let i = 0; i < 16; i += 1) servers.add((await ask(stand().port, "/")).headers["x-server"]);
        assert.deepEqual([...servers].sort(), ["server1", "server2"]);
    });

    it("moves with the marker on kept-alive connections of each worker, at the next request", async () => {
        const workers = await stand().workers();
        assert.ok(workers.length > 0);
        for (const worker of workers) {
            // Only this worker can take the new connection.
            const others = workers.filter((other) => other !== worker).join(" ");
            const signal = (name: string) => (others ? stand().inside(`kill -${name} ${others}`) : "");
            await signal("STOP");
            const connection = await KeptConnection.open(stand().port);
            try {
                const color = async () => (await connection.ask("/")).body.trim();
                assert.equal(await color(), "blue");
                await stand().live("green");
                assert.equal(await color(), "green");
                await stand().live("blue");
                assert.equal(await color(), "blue");
            } finally {
                await signal("CONT");
                connection.close();
            }
        }
    });

    it("does not move for anything else in the marker's folder", async () => {
        await stand().inside("touch $dir/live/blue $dir/live/green.next $dir/green");
        assert.equal(await colorAt("/"), "blue");
        await stand().inside("rm $dir/live/blue $dir/live/green.next $dir/green");
    });

    it("takes in paths that only begin like a preview's", async () => {
        for (const path of ["/bluebird", "/blue.html", "/greenhouse/x", "/blue%20/", "/Blue/"]) {
            const { headers, body } = await ask(stand().port, path);
            assert.equal(headers["x-deployment"], "blue", path);
            assert.equal(body, `nothing at ${path}\n`);
        }
        await stand().live("green");
        assert.equal(await colorAt("/bluebird"), "green");
    });
});

describe("previews", () => {
    const stand = useStand(demoServers);

    it("go to their color, whichever is live, without the prefix", async () => {
        for (const color of ["blue", "green"] as const) {
            const { status, headers, body } = await ask(stand().port, `/${color}/version`);
            assert.equal(status, 200);
            assert.equal(headers["x-deployment"], color);
            assert.equal(body, color === "blue" ? "0.0.1\n" : "0.0.2\n");
            assert.equal((await ask(stand().port, `/${color}/`)).body, `${color}\n`);
        }
    });

    it("are redirected to when the slash is missing, with the page as the body for curl", async () => {
        const { status, headers, body } = await ask(stand().port, "/green");
        assert.equal(status, 307);
        assert.equal(headers.location, "/green/");
        assert.equal(body, "green\n");
    });

    it("keep the query in that redirect", async () => {
        for (const query of ["?a=1&b=%2F", "?x=/blue/"]) {
            const { status, headers } = await ask(stand().port, `/blue${query}`);
            assert.equal(status, 307);
            assert.equal(headers.location, `/blue/${query}`);
        }
    });

    it("redirect HEAD without a body, and other methods without a server having seen them", async () => {
        const head = await ask(stand().port, "/green", { method: "HEAD" });
        assert.deepEqual([head.status, head.headers.location, head.body], [307, "/green/", ""]);
        assert.equal(head.headers["x-deployment"], "green");
        for (const method of ["POST", "PUT", "DELETE"]) {
            const { status, headers } = await ask(stand().port, "/green", { method, body: "x=1" });
            assert.deepEqual([status, headers.location], [307, "/green/"], method);
            assert.equal(headers["x-deployment"], undefined, method);
        }
    });

    it("refuse what decodes to their prefix but isn't written so, since there is no telling what to strip", async () => {
        const written = ["/%62lue/", "//blue/", "/x/../blue/", "/blue/../green/version", "/green/x/../../blue/version"];
        for (const path of [...written, "//blue", "/%62lue", "/./green"]) {
            const { status, headers, body } = await ask(stand().port, path);
            assert.equal(status, 400, path);
            assert.equal(headers["x-deployment"], undefined, path);
            assert.match(body, /without encoding or dots/, path);
        }
    });

    it("leave what climbs out of the prefix to the active color, as it was sent", async () => {
        const { headers, body } = await ask(stand().port, "/green/../echo?x");
        assert.equal(headers["x-deployment"], "blue");
        assert.equal(body, "nothing at /green/../echo\n");
    });
});

describe("the setting previewPrefix", () => {
    const stand = useStand(probes);

    before(async () => {
        const { code, text } = await stand().routes({ ...stand().settings, previewPrefix: "/_p.x" });
        assert.equal(code, 0, text);
    });

    const seen = async (path: string) => {
        const { body } = await ask(stand().port, path);
        return JSON.parse(body) as { name: string; url: string; raw: string[] };
    };

    it("moves the previews, so that /blue and /green are the application's", async () => {
        for (const color of ["blue", "green"]) {
            const preview = await seen(`/_p.x/${color}/a%2Fb?c`);
            assert.match(preview.name, new RegExp(`^${color}-`));
            assert.equal(preview.url, "/a%2Fb?c");
            assert.equal(preview.raw[preview.raw.indexOf("X-Forwarded-Prefix") + 1], `/_p.x/${color}`);
            const own = await seen(`/${color}/a`);
            assert.match(own.name, /^blue-/);
            assert.equal(own.url, `/${color}/a`);
            assert.ok(!own.raw.includes("X-Forwarded-Prefix"));
        }
        assert.equal((await seen("/_pyx/green/a")).url, "/_pyx/green/a");
    });

    it("stands in redirects, cookies and the previews' own texts", async () => {
        const { status, headers } = await ask(stand().port, "/_p.x/green?a");
        assert.deepEqual([status, headers.location], [307, "/_p.x/green/?a"]);
        const query = "status=302&h=Location:%20/login&h=Set-Cookie:%20a=1;%20Path=/";
        const answer = await ask(stand().port, `/_p.x/green/headers?${query}`);
        assert.equal(answer.headers.location, "/_p.x/green/login");
        assert.equal(answer.headers["set-cookie"], "a=1; Path=/_p.x/green/");
        const heeding = await ask(stand().port, "/_p.x/green/headers?status=302&h=Location:%20/_p.x/green/login");
        assert.equal(heeding.headers.location, "/_p.x/green/login");
        const encoded = await ask(stand().port, "/_p.x/%67reen/");
        assert.equal(encoded.body, "Write /_p.x/green as it is, without encoding or dots.\n");
    });
});
