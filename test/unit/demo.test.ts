import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, get, request, type IncomingMessage, type RequestOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { type Demo, type DemoOptions, createDemo } from "../../demo/app.ts";

interface Answer {
    status: number | undefined;
    headers: IncomingMessage["headers"];
    body: string;
}

const blue: DemoOptions = { deployment: "blue", version: "0.0.1", server: "server1", drainMs: 2000 };
const started: Demo[] = [];

async function start(options: Partial<DemoOptions> = {}): Promise<{ demo: Demo; port: number }> {
    const demo = createDemo({ ...blue, ...options });
    started.push(demo);
    demo.server.listen(0, "127.0.0.1");
    await once(demo.server, "listening");
    return { demo, port: (demo.server.address() as AddressInfo).port };
}

async function ask(port: number, path: string, options: RequestOptions = {}, body = ""): Promise<Answer> {
    const asked = request({ host: "127.0.0.1", port, path, agent: false, ...options });
    asked.end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await read(response) };
}

async function read(response: IncomingMessage): Promise<string> {
    let body = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) body += chunk;
    return body;
}

describe("demo server", () => {
    afterEach(() => {
        for (const demo of started.splice(0)) {
            demo.server.closeAllConnections();
            demo.server.close();
        }
    });

    it("answers its deployment's name, and says in headers who answered", async () => {
        const { port } = await start();
        const answer = await ask(port, "/?any=thing");
        assert.equal(answer.status, 200);
        assert.equal(answer.body, "blue\n");
        assert.match(answer.headers["content-type"] ?? "", /^text\/plain/);
        assert.equal(answer.headers["x-deployment"], "blue");
        assert.equal(answer.headers["x-version"], "0.0.1");
        assert.equal(answer.headers["x-server"], "server1");
        assert.equal((await ask(port, "/version")).body, "0.0.1\n");
    });

    it("is healthy, unless it was told not to be", async () => {
        assert.deepEqual(pick(await ask((await start()).port, "/healthz")), [200, "ok\n"]);
        assert.deepEqual(pick(await ask((await start({ unhealthy: true })).port, "/healthz")), [503, "unhealthy\n"]);
    });

    it("answers late when asked to, but not later than a minute", async () => {
        const { port } = await start();
        const before = performance.now();
        assert.deepEqual(pick(await ask(port, "/slow?ms=50")), [200, "blue\n"]);
        assert.ok(performance.now() - before >= 49);
        for (const ms of ["60001", "-1", "1e3", ""]) assert.equal((await ask(port, `/slow?ms=${ms}`)).status, 400);
    });

    it("echoes the address as it was received, the headers, and what the body was", async () => {
        const { port } = await start();
        const headers = { "X-Forwarded-For": "192.0.2.1", "Content-Length": 3 };
        const answer = await ask(port, "/echo?q=%2F&r=a+b", { method: "POST", headers }, "abc");
        const echo = JSON.parse(answer.body);
        assert.equal(echo.method, "POST");
        assert.equal(echo.url, "/echo?q=%2F&r=a+b");
        assert.equal(echo.headers["x-forwarded-for"], "192.0.2.1");
        assert.equal(echo.bodyLength, 3);
        assert.equal(echo.bodySha256, createHash("sha256").update("abc").digest("hex"));
    });

    it("redirects, sets a cookie, sends as many bytes as asked for, and knows no other path", async () => {
        const { port } = await start();
        const redirect = await ask(port, "/redirect?to=/x%3Fa=%252F");
        assert.deepEqual([redirect.status, redirect.headers.location], [302, "/x?a=%2F"]);
        assert.equal((await ask(port, "/redirect?to=/x%0d%0aSet-Cookie:a")).status, 400);
        assert.match(String((await ask(port, "/cookie")).headers["set-cookie"]), /^demo=blue; Path=\/;/);
        const bytes = await ask(port, "/bytes?n=200001");
        assert.deepEqual([bytes.headers["content-length"], bytes.body.length], ["200001", 200001]);
        for (const path of ["/bluebird", "//", "/constructor", "/healthz/"]) {
            assert.equal((await ask(port, path)).status, 404, path);
        }
    });

    it("streams events with its name and a counter, and ends the stream with a last event when it drains", async () => {
        const { demo, port } = await start();
        const asked = get({ host: "127.0.0.1", port, path: "/events?ms=5", agent: false });
        const [response] = (await once(asked, "response")) as [IncomingMessage];
        assert.equal(response.headers["content-type"], "text/event-stream");
        let body = "";
        let drained: Promise<void> | undefined;
        for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
            body += chunk;
            if (body.includes('"count":2')) drained ??= demo.drain();
        }
        assert.ok(body.startsWith('data: {"color":"blue","count":1}\n\ndata: {"color":"blue","count":2}\n\n'));
        assert.ok(body.endsWith('event: end\ndata: {"color":"blue","reason":"draining"}\n\n'));
        await drained;
    });

    it("greets a WebSocket with its name, echoes text and bytes, and goes away with 1001 when it drains", async () => {
        const { demo, port } = await start();
        const client = new WebSocket(`ws://127.0.0.1:${port}/ws`);
        const received: unknown[] = [];
        for (const [send] of [["a"], [Buffer.from([0, 255])], [undefined]]) {
            const [data, isBinary] = (await once(client, "message")) as [Buffer, boolean];
            received.push(isBinary ? [...data] : data.toString());
            if (send !== undefined) client.send(send);
        }
        assert.deepEqual(received, ["blue", "a", [0, 255]]);
        const closed = once(client, "close");
        await demo.drain();
        assert.equal((await closed)[0], 1001);
    });

    it("refuses a WebSocket anywhere else", async () => {
        const client = new WebSocket(`ws://127.0.0.1:${(await start()).port}/`);
        const [error] = (await once(client, "error")) as [Error];
        assert.match(error.message, /404/);
    });

    it("keeps idle connections longer than nginx does", async () => {
        const { demo } = await start();
        assert.equal(demo.server.keepAliveTimeout, 75_000);
        assert.ok(demo.server.headersTimeout > demo.server.keepAliveTimeout);
    });

    it("finishes what runs when it drains, answers on open connections that it is leaving, accepts no new ones", async () => {
        const { demo, port } = await start();
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        await ask(port, "/", { agent });
        const arrived = once(demo.server, "request");
        const slow = ask(port, "/slow?ms=150");
        await arrived;
        const drained = demo.drain();
        const health = await ask(port, "/healthz", { agent });
        assert.deepEqual([health.status, health.headers.connection], [503, "close"]);
        await assert.rejects(ask(port, "/"), /ECONNREFUSED/);
        assert.deepEqual(pick(await slow), [200, "blue\n"]);
        await drained;
    });

    it("does not wait for ever: what is still open when the time is up is closed", async () => {
        const { demo, port } = await start({ drainMs: 50 });
        const arrived = once(demo.server, "request");
        const slow = assert.rejects(ask(port, "/slow?ms=60000"), /socket hang up|ECONNRESET/);
        await arrived;
        await demo.drain();
        await slow;
    });

    it("takes its name from the argument before the environment, and ends with 0 on SIGTERM", async () => {
        const env = {
            ...process.env,
            DEPLOYMENT: "green",
            VERSION: "0.0.2",
            SERVER: "server2",
            PORT: "0",
            UNHEALTHY: "1",
        };
        const child = spawn(process.execPath, ["--import", "tsx", "demo/server.ts", "--deployment=blue"], { env });
        let complaint = "";
        child.stderr.on("data", (text) => (complaint += String(text)));
        const [line] = (await once(child.stdout, "data")) as [Buffer];
        assert.match(String(line), /^demo-server 0\.0\.2: blue on server2 listens on port \d+\n/);
        const answer = await ask(Number(/port (\d+)/.exec(String(line))?.[1]), "/");
        assert.deepEqual([answer.body, answer.headers["x-version"]], ["blue\n", "0.0.2"]);
        const closed = once(child, "close");
        child.kill("SIGTERM");
        assert.deepEqual(await closed, [0, null]);
        assert.match(complaint, /UNHEALTHY=1/);
    });

    it("refuses bad settings with one line and exit code 2", async () => {
        const env = { ...process.env, PORT: "80a", DEPLOYMENT: "blue" };
        const child = spawn(process.execPath, ["--import", "tsx", "demo/server.ts"], { env });
        let complaint = "";
        child.stderr.on("data", (text) => (complaint += String(text)));
        assert.deepEqual(await once(child, "close"), [2, null]);
        assert.equal(complaint, 'demo-server: PORT is "80a", but must be a whole number from 0 to 65535\n');
    });

    it("has an image whose versions and base are arguments", () => {
        const lines = readFileSync("demo/Dockerfile", "utf8").split("\n");
        for (const line of ["ARG BASE=demo-base:1", "FROM ${BASE}", "ENV VERSION=${VERSION}"])
            assert.ok(lines.includes(line));
    });
});

function pick(answer: Answer): [number | undefined, string] {
    return [answer.status, answer.body];
}
