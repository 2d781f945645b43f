import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { statusPort } from "../../nginx/paths.ts";
import { ask, dial, exchange, KeptConnection, requestText } from "./http.ts";
import { demoServers, useStand } from "./stands.ts";
import { docker, eventually } from "./engine.ts";

type Line = Record<string, string | number>;

describe("the access log", () => {
    const stand = useStand(demoServers);

    const lines = async () => (await docker("logs", stand().nginx)).split("\n").filter(Boolean);

    /** The lines that hold a word, when there are as many as there should be. */
    const linesWith = async (word: string, total: number): Promise<Line[]> => {
        const found = await eventually(
            async () => (await lines()).filter((line) => line.includes(word)),
            (some) => some.length >= total,
            8,
            200,
        );
        assert.equal(found.length, total);
        return found.map((line) => JSON.parse(line) as Line);
    };

    it("has a line of JSON for each request, with its color and the server that answered", async () => {
        const word = randomUUID();
        await ask(stand().port, `/version?${word}`, { headers: ['User-Agent: "quoted" \\ agent'] });
        await ask(stand().port, `/green/nothing?${word}`);
        await ask(stand().port, `/green?${word}`, { method: "POST" });
        const found = await linesWith(word, 3);
        // Each worker writes its own lines when it comes to it.
        const [live, redirect, preview] = found.sort((a, b) => Number(a.status) - Number(b.status));
        assert.deepEqual([live!.color, live!.status, live!.method], ["blue", 200, "GET"]);
        assert.equal(live!.agent, '"quoted" \\ agent');
        assert.ok(
            stand()
                .pool("blue")
                .some(({ address }) => live!.server === `${address}:8080`),
        );
        assert.deepEqual([preview!.color, preview!.status], ["green", 404]);
        assert.equal(preview!.uri, `/green/nothing?${word}`);
        assert.deepEqual([redirect!.color, redirect!.status, redirect!.server], ["green", 307, ""]);
        for (const line of [live, preview, redirect]) assert.equal(line!.client, stand().addresses.gateway);
    });

    it("has the color that is live at the time", async () => {
        const word = randomUUID();
        await stand().live("green");
        await ask(stand().port, `/?${word}`);
        await stand().live("blue");
        assert.equal((await linesWith(word, 1))[0]!.color, "green");
    });

    it("is JSON also for what is no proper request, and for clients that leave early", async () => {
        const agent = "User-Agent: odd";
        const odd = [
            "nonsense\r\n\r\n",
            "GET /odd\r\n",
            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            "GET /odd HTTP/1.1\r\n\r\n",
            "GET /odd HTTP/3.0\r\nHost: x\r\n\r\n",
            `GET /odd HTTP/1.1\r\nHost: a\r\nHost: b\r\n${agent}\r\n\r\n`,
            `OPTIONS * HTTP/1.1\r\nHost: x\r\n${agent}\r\n\r\n`,
            `CONNECT x:1 HTTP/1.1\r\nHost: x\r\n${agent}\r\n\r\n`,
            `TRACE /odd HTTP/1.1\r\nHost: x\r\n${agent}\r\n\r\n`,
            `GET /odd HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
            "GET /odd%x HTTP/1.1\r\nHost: x\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ];
        await Promise.all(odd.map((text) => exchange(stand().port, text)));
        for (const text of [
            "GET /odd",
            requestText(stand().port, "/slow?odd&ms=60000"),
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
        ]) {
            const socket = await dial(stand().port);
            await new Promise((resolve) => socket.write(text, resolve));
            socket.resetAndDestroy();
        }
        const word = randomUUID();
        await ask(stand().port, `/?${word}`);
        await linesWith(word, 1);
        for (const line of await lines()) {
            assert.doesNotThrow(() => JSON.parse(line), line);
            assert.equal(typeof (JSON.parse(line) as Line).status, "number", line);
        }
    });

    it("has lines short enough to be written at once, whatever a client sends", async () => {
        const word = randomUUID();
        for (const filler of ["x", '"', "\\", "\xe9", "\x01"]) {
            const long = filler.repeat(7000);
            const headers = [`Host: ${long}`, `Referer: ${long}`, `User-Agent: ${long}`];
            const uri = filler === "\x01" ? "" : long;
            const method = "M".repeat(7000);
            await exchange(stand().port, requestText(stand().port, `/?${word}&${uri}`, { method, headers }));
        }
        await linesWith(word, 5);
        for (const line of await lines()) assert.ok(line.length < 4096, `${line.length} bytes`);
    });

    it("has its lines whole when 50 clients send 2000 requests at once, some of them with long urls", async () => {
        const word = randomUUID();
        const clients = await Promise.all(Array.from({ length: 50 }, () => KeptConnection.open(stand().port)));
        await Promise.all(
            clients.map(async (client, index) => {
                for (let i = 0; i < 40; i += 1) {
                    const tail = i % 3 === 0 ? "x".repeat(7000) : "";
                    await client.ask(`/version?${word}&${index}-${i}&${tail}`);
                }
                client.close();
            }),
        );
        const uris = new Set((await linesWith(word, 2000)).map(({ uri }) => (uri as string).split("&")[1]));
        assert.equal(uris.size, 2000);
    });
});

describe("the internal listener", () => {
    const stand = useStand(demoServers);

    it("tells generation, live color, worker and connections inside of the container", async () => {
        const status = await stand().inside(`curl -s http://127.0.0.1:${statusPort}/status`);
        assert.match(status, /^live=blue\ngeneration=[0-9a-f]{12}\nworker=\d+$/);
        const connections = await stand().inside(`curl -s http://127.0.0.1:${statusPort}/connections`);
        assert.match(connections, /^Active connections: \d+/);
    });

    it("has no port that other containers reach", async () => {
        const program = `require("net").connect(${statusPort}, "${stand().addresses.nginx}").on("connect", () => console.log("open"))
            .on("error", ({ code }) => console.log(code))`;
        assert.equal(await docker("exec", stand().server("blue"), "node", "-e", program), "ECONNREFUSED");
    });

    it("is not reached through the published port, whatever the request says", async () => {
        for (const path of ["/status", "/connections"]) {
            for (const host of [`127.0.0.1:${statusPort}`, `localhost:${statusPort}`]) {
                const { body } = await ask(stand().port, path, { headers: [`Host: ${host}`] });
                assert.equal(body, `nothing at ${path}\n`);
                const absolute = await ask(stand().port, `http://${host}${path}`);
                assert.equal(absolute.body, `nothing at ${path}\n`);
            }
        }
    });
});
