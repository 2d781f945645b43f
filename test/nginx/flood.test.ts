import assert from "node:assert/strict";
import { type Socket } from "node:net";
import { boundsOf } from "../../nginx/memory.ts";
import { listenPort, statusPort } from "../../nginx/paths.ts";
import { eventually } from "../support/eventually.ts";
import { ask, dial, KeptConnection, load, requestText } from "./http.ts";
import { smallMemory, useStand } from "./stands.ts";

describe("a flood", () => {
    const stand = useStand(smallMemory);
    const { workers, connections, requestsPerClient } = boundsOf(smallMemory.memoryMb!);
    const most = workers * connections;
    let alive: string[] = [];
    let flood: Socket[] = [];

    beforeEach(async () => {
        // As in the template, but for the time that a test has.
        const hasty = (config: string) => config.replace("client_header_timeout 15s", "client_header_timeout 3s");
        assert.equal((await stand().routes(undefined, { config: hasty })).code, 0);
        alive = (await stand().workers()).sort();
    });
    // What a flood has left in the kernel's queue would take the next one's place, whose connections nginx would close.
    afterEach(async () => {
        for (const socket of flood) socket.destroy();
        flood = [];
        const port = listenPort.toString(16).toUpperCase();
        const queue = `awk '$4 == "0A" && $2 ~ /:${port}$/ { split($5, of, ":"); print "queue " of[2] }' /proc/net/tcp`;
        await eventually(
            () => stand().inside(`${queue}; curl -s http://127.0.0.1:${statusPort}/connections`),
            (said) => {
                const [, active] = /Active connections: (\d+)/.exec(said) ?? [];
                return Number(active) < 5 && /^queue 0+$/m.test(said) && !/^queue 0*[1-9A-F]/m.test(said);
            },
        );
    });

    /** Opens connections, some of which nginx may close again, and sends each the same. */
    const send = async (total: number, text: string) => {
        flood = await load(total, 50, async () => {
            const socket = await dial(stand().port);
            // What becomes of it is nginx's affair.
            socket.on("error", () => undefined);
            socket.pause();
            await new Promise((resolve) => socket.write(text, "latin1", resolve));
            return socket;
        });
    };

    /** That the same workers are there, and answer. */
    const held = async () => {
        await eventually(
            () => ask(stand().port, "/").catch(() => undefined),
            (answer) => answer?.status === 200,
            9,
            100,
        );
        assert.deepEqual((await stand().workers()).sort(), alive);
    };

    const head = (lines: number) =>
        `GET / HTTP/1.1\r\n${Array.from({ length: lines }, (_, index) => `H${index}: ${"x".repeat(15_900)}\r\n`).join("")}`;

    for (const [what, text] of Object.entries({
        "seven headers of 16 KB": head(7),
        "as many headers as nginx takes": `${head(1)}H: ${"x".repeat(15_900)}`,
    })) {
        it(`of unfinished requests with ${what} leaves nginx's workers alive`, async () => {
            await send(most * 4, text);
            await held();
        });
    }

    it("of unfinished requests leaves others their answers while there is room", async () => {
        await send(Math.floor(most / 4), head(1));
        for (const { status } of await load(20, 5, () => ask(stand().port, "/"))) assert.equal(status, 200);
        assert.deepEqual((await stand().workers()).sort(), alive);
    });

    it("of clients that don't read their large answers leaves nginx's workers alive", async () => {
        await send(Math.floor(requestsPerClient * 0.9), requestText(stand().port, "/bytes?n=3000000"));
        await held();
    });

    it("of one address has no more than its share of requests in progress; the rest get 429", async () => {
        await send(requestsPerClient + 5, requestText(stand().port, "/hang"));
        await eventually(
            () => ask(stand().port, "/"),
            ({ status }) => status === 429,
        );
        // From another address: this one has its share.
        assert.equal(await stand().inside("curl -s -o /dev/null -w '%{http_code}' http://$(hostname -i):8080/"), "200");
    });

    it("that is none is served: cookies of 8 KB, many idle connections", async () => {
        const cookie = `Cookie: a=${"x".repeat(8192)}`;
        assert.equal((await ask(stand().port, "/", { headers: [cookie] })).status, 200);
        // As many as one worker has room for, if all come to it.
        const idle = await load(Math.floor(most / 4), 20, () => KeptConnection.open(stand().port));
        for (const { status } of await load(idle.length, 20, (index) => idle[index]!.ask("/")))
            assert.equal(status, 200);
        for (const { status } of await load(idle.length, 20, (index) => idle[index]!.ask("/")))
            assert.equal(status, 200);
        for (const connection of idle) connection.close();
    });
});
