import assert from "node:assert/strict";
import { now, sleep } from "../../bench/clock.ts";
import { Generator } from "../../bench/recorder/generator.ts";
import { loadFor } from "../../bench/recorder/load.ts";
import type { Clients } from "../../bench/recorder/options.ts";
import { failuresInWords, judge, type Cutover, type Verdict } from "../../bench/verdict.ts";
import type { Color } from "../../settings/settings.ts";
import { FaultyServer, type Fault } from "./faulty-server.ts";

const everything: Clients = {
    busy: { rate: 300, connections: 10 },
    think: { connections: 5, thinkMs: 50 },
    silent: { connections: 5, silentMs: 150 },
    fresh: { rate: 50 },
    post: { rate: 20, parts: 3, everyMs: 20 },
    slow: { rate: 10, ms: 150 },
    sse: { connections: 2, everyMs: 50, lastMs: 5000 },
    ws: { connections: 2, everyMs: 50, lastMs: 5000 },
};
const busy: Clients = { busy: { rate: 500, connections: 5 } };
const streams: Clients = {
    sse: { connections: 2, everyMs: 20, lastMs: 5000 },
    ws: { connections: 2, everyMs: 20, lastMs: 5000 },
};

describe("the recorder", function () {
    this.timeout(15_000);

    /** Runs a load against a server in which `plant` does wrong what it wants to, and judges it. */
    async function run(
        clients: Clients,
        plant: (server: FaultyServer, switchTo: (to: Color) => void) => Promise<unknown> = () => sleep(400),
        timeoutMs = 500,
    ): Promise<Verdict> {
        const server = new FaultyServer();
        const generator = new Generator({ target: await server.start(), clients, timeoutMs });
        const cutovers: Cutover[] = [];
        generator.start();
        try {
            await plant(server, (to) => {
                const asked = now();
                server.live = to;
                cutovers.push({ to, asked, moved: asked, acknowledged: now() });
            });
            await generator.stop();
        } finally {
            server.stop();
        }
        return judge(generator.recording, { cutovers, executed: server.executed });
    }

    /** A fault of the nth request and of no other. */
    function nth(n: number, fault: Fault): Fault {
        let count = 0;
        return (...request) => ++count === n && fault(...request);
    }

    async function plantIn(clients: Clients, fault: Fault): Promise<Verdict> {
        return run(clients, async (server) => {
            await sleep(100);
            server.fault = fault;
            await sleep(300);
        });
    }

    it("finds a clean run with every kind of client clean, cutover and rollback included", async () => {
        const verdict = await run(everything, async (_server, switchTo) => {
            await sleep(1300);
            switchTo("green");
            await sleep(400);
            switchTo("blue");
            await sleep(400);
        });
        const { failed, stale, flapping, executedTwice, neverExecuted, endedByServer, byKind } = verdict;
        const found = { failed, stale, flapping, executedTwice, neverExecuted, endedByServer };
        const nothing = { failed: 0, stale: 0, flapping: 0, executedTwice: 0, neverExecuted: 0, endedByServer: 0 };
        assert.deepEqual(found, nothing, failuresInWords(verdict));
        assert.equal(Object.keys(byKind).length, 10, JSON.stringify(byKind));
        assert.equal(verdict.cutovers.length, 2);
    });

    it("catches a single 502", async () => {
        const verdict = await plantIn(
            busy,
            nth(10, (_request, response) => !!response.writeHead(502).end()),
        );
        assert.deepEqual(verdict.failures, { "busy: status 502": 1 });
    });

    it("catches a single reset", async () => {
        const verdict = await plantIn(
            busy,
            nth(10, (_request, _response, socket) => !!socket.resetAndDestroy()),
        );
        assert.deepEqual(verdict.failures, { "busy: reset": 1 });
    });

    it("catches a connection that is closed in the middle of an answer, and one closed before it", async () => {
        const half = nth(10, (_request, response, socket) => {
            response.writeHead(200, { "Content-Length": 100 }).write("half");
            setTimeout(() => socket.end(), 20);
            return true;
        });
        assert.deepEqual((await plantIn(busy, half)).failures, { "busy: closed": 1 });
        const none = nth(10, (_request, _response, socket) => !!socket.end());
        assert.deepEqual((await plantIn({ fresh: { rate: 100 } }, none)).failures, { "fresh: closed": 1 });
    });

    it("catches an answer that never comes", async () => {
        assert.deepEqual(
            (
                await plantIn(
                    busy,
                    nth(10, () => true),
                )
            ).failures,
            { "busy: timeout": 1 },
        );
    });

    it("catches an answer that is no HTTP", async () => {
        const garbage = nth(10, (_request, _response, socket) => socket.end("what?\r\n\r\n") === socket);
        assert.deepEqual((await plantIn(busy, garbage)).failures, { "busy: malformed": 1 });
    });

    it("catches a port on which nobody listens", async () => {
        const verdict = await run({ fresh: { rate: 50 } }, async (server) => {
            server.stop();
            await sleep(100);
        });
        assert.deepEqual(Object.keys(verdict.failures), ["fresh: refused"]);
    });

    it("catches a single stale answer", async () => {
        const verdict = await run(busy, async (server, switchTo) => {
            await sleep(200);
            switchTo("green");
            await sleep(100);
            server.fault = nth(1, (_request, response) => !!response.setHeader("X-Deployment", "blue").end("blue\n"));
            await sleep(100);
        });
        assert.equal(verdict.stale, 1);
        assert.equal(verdict.failed, 0);
    });

    it("catches flapping before the cutover is reported", async () => {
        const verdict = await run(busy, async (server) => {
            await sleep(200);
            server.live = "green";
            await sleep(50);
            server.live = "blue";
            await sleep(50);
            server.live = "green";
            await sleep(100);
        });
        assert.equal(verdict.flapping, 3);
    });

    it("catches a gap in which nothing is answered, and counts the wait of those who came meanwhile", async () => {
        const verdict = await run(busy, async () => {
            await sleep(200);
            const end = now() + 300_000;
            while (now() < end);
            await sleep(200);
        });
        assert.ok(verdict.longestGapMs >= 300, `${verdict.longestGapMs}`);
        assert.ok(verdict.latency.p99 > 250, `${verdict.latency.p99}`);
        assert.ok(verdict.requests > 300, `${verdict.requests}`);
    });

    it("catches a WebSocket that is dropped, and tells one that the server closed properly from it", async () => {
        const after = (harm: (server: FaultyServer) => void) =>
            run(streams, async (server) => {
                await sleep(1200);
                harm(server);
                await sleep(100);
            });
        const [dropped, ended] = await Promise.all([
            after((server) => server.dropWebSockets()),
            after((server) => server.endWebSockets()),
        ]);
        assert.deepEqual(dropped.failures, { "ws-echo: closed": 2 });
        assert.deepEqual([ended.failed, ended.endedByServer], [0, 2]);
    });

    it("catches an event stream that is cut, and tells one that the server completed from it", async () => {
        const cutAfter = (finish: (response: Parameters<Fault>[1], socket: Parameters<Fault>[2]) => void): Fault =>
            nth(1, (_request, response, socket) => {
                response.writeHead(200, { "X-Deployment": "blue" }).write("data: 1\n\n");
                setTimeout(() => finish(response, socket), 50);
                return true;
            });
        const cut = async (fault: Fault) =>
            run({ sse: { connections: 1, everyMs: 20, lastMs: 5000 } }, (server) => {
                server.fault = fault;
                return sleep(1200);
            });
        const [broken, completed] = await Promise.all([
            cut(cutAfter((_response, socket) => socket.destroy())),
            cut(cutAfter((response) => response.end())),
        ]);
        assert.deepEqual(broken.failures, { "sse-stream: closed": 1 });
        assert.deepEqual([completed.failed, completed.endedByServer], [0, 1]);
    });

    it("catches a POST that is executed twice", async () => {
        const verdict = await run({ post: { rate: 50, parts: 2, everyMs: 5 } }, async (server) => {
            await sleep(100);
            server.fault = nth(1, ({ url }) => {
                server.executed.push(Number(new URL(url ?? "", "http://bench").searchParams.get("id")));
                return false;
            });
            await sleep(100);
        });
        assert.deepEqual([verdict.executedTwice, verdict.failed], [1, 0]);
    });

    it("runs in a process of its own and hands over all that it recorded, on the same clock", async () => {
        const server = new FaultyServer();
        const target = await server.start();
        const began = now();
        try {
            const recording = await loadFor(500, { target, clients: { busy: { rate: 1000, connections: 10 } } });
            const verdict = judge(recording);
            assert.ok(verdict.requests > 300 && verdict.requests < 2000, `${verdict.requests}`);
            assert.equal(verdict.failed, 0, failuresInWords(verdict));
            assert.ok(recording.row(0).sent > began && recording.row(recording.length - 1).end < now());
        } finally {
            server.stop();
        }
    });
});
