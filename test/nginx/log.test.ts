import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { statusPort } from "../../nginx/paths.ts";
import { ask, dial, exchange, KeptConnection, load, requestText } from "./http.ts";
import { demoServers, probes, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker, run } from "./engine.ts";

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

describe("the log of what is no proper request", () => {
    const stand = useStand(probes);

    /** The access log and the error log, as the terminal of who reads them gets them. */
    const logs = () =>
        Promise.all(
            ["2>/dev/null", "2>&1 >/dev/null"].map((which) =>
                run("sh", ["-c", `docker logs ${stand().nginx} ${which}`]).then(({ text }) => text),
            ),
        );

    /** What is added to both logs until the requests that are made after `send` are there. */
    const loggedBy = async (send: () => Promise<unknown>): Promise<{ access: string; error: string }> => {
        const before = await logs();
        await send();
        const word = randomUUID();
        // Each worker writes its lines when it comes to it, after a second at most.
        await load(20, 20, () => ask(stand().port, `/?${word}`));
        const after = await eventually(logs, ([access]) => access!.split(word).length > 20, 8, 200);
        const [access = "", error = ""] = after.map((text, index) => text.slice(before[index]!.length));
        return { access: access.replace(new RegExp(`^.*${word}.*\n`, "gm"), ""), error };
    };

    const codes = ["\x1b[31m", "\x07", "\x7f", "\x9b31m", "\xc2\x9b31m"];
    const asked = "GET /break HTTP/1.1\r\nHost: x\r\nReferer: r\r\nX-N: 1\r\nConnection: close\r\n\r\n";
    const places: Record<string, [string, (code: string) => string]> = {
        "the method": ["GET", (code) => `G${code}T`],
        "the URI": ["/break", (code) => `/break/..${code}/../break`],
        "the query": ["/break", (code) => `/break?${code}`],
        "the URI's host": ["/break", (code) => `http://x${code}/break`],
        "the protocol": ["HTTP/1.1", (code) => `HTTP/1.1${code}`],
        "a header's name": ["X-N", (code) => `X${code}`],
        "a header's value": ["N: 1", (code) => `N: ${code}`],
        "the Host": ["Host: x", (code) => `Host: x${code}`],
        "the Referer": ["Referer: r", (code) => `Referer: ${code}`],
        "what is no request": [asked, (code) => `${code}\r\n\r\n`],
    };
    for (const [place, [proper, changed]] of Object.entries(places)) {
        it(`has nothing of what a client writes into ${place} for a terminal`, async () => {
            // That the server breaks off is what the error log quotes a request for.
            const texts = codes.map((code) => asked.replace(proper, () => changed(code)));
            const { access, error } = await loggedBy(() =>
                Promise.all(texts.map((one) => exchange(stand().port, one))),
            );
            assert.doesNotMatch(error, /using uninitialized/);
            assert.doesNotMatch(access, /[\x00-\x09\x0b-\x1f\x7f]/);
            // As Unicode: a lone byte that is none shows as U+FFFD. The access log is JSON, for programs.
            assert.doesNotMatch(error, /[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffd]/);
        });
    }

    it("is no longer than that of as many proper requests", async () => {
        const size = async (text: string) => {
            const { access, error } = await loggedBy(() => load(100, 20, () => exchange(stand().port, text)));
            return access.length + error.length;
        };
        const proper = await size(requestText(stand().port, "/"));
        for (const text of ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "G\x1bT / HTTP/1.1\r\nHost: x\r\n\r\n"]) {
            assert.ok((await size(text)) <= proper, text);
        }
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
