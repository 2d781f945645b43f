import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { WebSocket } from "ws";
import { ask, dial, exchange, KeptConnection, parseAnswer, requestText } from "./http.ts";
import { demoServers, probes, useStand } from "./stands.ts";

const megabyte = 1024 * 1024;

describe("streams", () => {
    const demo = useStand(demoServers);
    const probe = useStand(probes);

    describe("by WebSocket", () => {
        for (const [path, color] of [
            ["/ws", "blue"],
            ["/green/ws", "green"],
        ] as const) {
            it(`are echoed through ${path}`, async () => {
                const socket = new WebSocket(`ws://127.0.0.1:${demo().port}${path}`);
                const said: string[] = [];
                const big = "x".repeat(200_000);
                await new Promise<void>((resolve, reject) => {
                    socket.on("error", reject);
                    socket.on("message", (data: Buffer) => {
                        said.push(data.toString());
                        if (said.length === 1) socket.send("hello");
                        if (said.length === 2) socket.send(big);
                        if (said.length === 3) resolve();
                    });
                });
                assert.deepEqual(said, [color, "hello", big]);
                const closed = new Promise((resolve) => socket.on("close", resolve));
                socket.close(1000);
                assert.equal(await closed, 1000);
            });
        }
    });

    describe("of events", () => {
        /** Waits for some text of an answer that doesn't end. */
        const arrives = async (port: number, path: string, headers: string[], text: string): Promise<void> => {
            const socket = await dial(port);
            try {
                let got = "";
                await new Promise<void>((resolve, reject) => {
                    socket.setTimeout(4000, () =>
                        reject(new Error(`nothing more for 4 s after ${JSON.stringify(got)}`)),
                    );
                    socket.on("data", (part) => {
                        got += part.toString();
                        if (got.includes(text)) resolve();
                    });
                    socket.write(requestText(port, path, { headers }));
                });
            } finally {
                socket.destroy();
            }
        };

        for (const accept of ["text/event-stream", "*/*"]) {
            for (const prefix of ["", "/green"]) {
                it(`arrive at once through ${prefix}/ for a client that accepts ${accept}`, async () => {
                    const headers = [`Accept: ${accept}`];
                    // The second event is a minute away: nothing but the first can push it out of a buffer.
                    await arrives(demo().port, `${prefix}/events?ms=60000`, headers, '"count":1}\n\n');
                    await arrives(probe().port, `${prefix}/stream?way=chunked`, headers, "data: 2\n\n");
                });
            }
        }

        it("arrive at once without chunks too when the application says X-Accel-Buffering: no", async () => {
            await arrives(probe().port, "/stream?way=close&unbuffered", [], "data: 2\n\n");
        });
    });

    describe("of bytes", () => {
        for (const way of ["length", "chunked"]) {
            it(`of 10 MB come whole from a server, by ${way}`, async () => {
                const { body } = await ask(probe().port, `/bytes?n=${10 * megabyte}&way=${way}`);
                assert.equal(body.length, 10 * megabyte);
                assert.ok(!/[^x]/.test(body));
            });
        }

        it("leave the server free while a slow client has yet to read them", async () => {
            const socket = await dial(probe().port);
            socket.pause();
            socket.write(requestText(probe().port, `/bytes?n=${20 * megabyte}&id=slow`));
            const doneAt = async () => {
                const answers = ["10", "11", "12", "13"].map(
                    (host) => `http://${probe().settings.subnet.replace("0/24", host)}:8080/seen?of=slow`,
                );
                return probe().inside(`curl -s ${answers.map((url) => `'${url}'`).join(" ")}`);
            };
            assert.match(await doneAt(), /"seen":1/);
            socket.destroy();
        });

        it("come whole to a server up to the setting's size, by length and in chunks", async () => {
            const body = "y".repeat(10 * megabyte);
            const sha = createHash("sha256").update(body).digest("hex");
            const byLength = await ask(demo().port, "/echo", { method: "POST", body });
            const head =
                "POST /green/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
            const chunks = Array.from({ length: 10 }, () => `100000\r\n${"y".repeat(megabyte)}\r\n`).join("");
            const inChunks = parseAnswer(await exchange(demo().port, `${head}${chunks}0\r\n\r\n`));
            for (const answer of [byLength, inChunks]) {
                assert.equal(answer.status, 200);
                const { bodyLength, bodySha256 } = JSON.parse(answer.body) as {
                    bodyLength: number;
                    bodySha256: string;
                };
                assert.deepEqual([bodyLength, bodySha256], [body.length, sha]);
            }
        });

        it("are refused beyond that with 413, by length at once and in chunks", async () => {
            for (const path of ["/echo", "/green/echo"]) {
                // The body isn't sent: a client that waits for nginx to take it would wait in vain.
                const waiting = await KeptConnection.open(demo().port);
                const headers = [`Content-Length: ${10 * megabyte + 1}`];
                const byLength = await waiting.ask(path, { method: "POST", headers });
                assert.deepEqual([byLength.status, byLength.headers["x-deployment"]], [413, undefined]);
                waiting.close();
            }
            const connection = await KeptConnection.open(demo().port);
            connection.write("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            connection.write(`a00001\r\n${"y".repeat(10 * megabyte + 1)}\r\n`);
            assert.match(await connection.take((text) => text.indexOf("\r\n") + 2, 2), / 413 /);
            connection.close();
        });

        it("are asked for with 100 Continue when the client waits for it", async () => {
            const connection = await KeptConnection.open(demo().port);
            const headers = ["Host: x", "Connection: close", "Expect: 100-continue", "Content-Length: 5"];
            connection.write(`POST /echo HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
            assert.match(await connection.take((text) => text.indexOf("\r\n\r\n") + 4, 4), /^HTTP\/1.1 100 Continue/);
            connection.write("hello");
            assert.match(await connection.take((text) => text.indexOf("\r\n\r\n") + 4, 4), /^HTTP\/1.1 200 OK/);
            connection.close();
        });

        it("of pipelined requests are answered in their order", async () => {
            const paths = ["/version", "/green/version", "/slow?ms=100", "/green/", "/"];
            const texts = paths.map((path, index) => {
                const connection = index === paths.length - 1 ? "close" : "keep-alive";
                return requestText(demo().port, path, { headers: [`Connection: ${connection}`] });
            });
            const answers = (await exchange(demo().port, texts.join(""))).split(/(?=HTTP\/1\.1 )/).map(parseAnswer);
            const bodies = answers.map(({ body }) => body.trim());
            assert.deepEqual(bodies, ["0.0.1", "0.0.2", "blue", "green", "blue"]);
        });
    });
});
