import assert from "node:assert/strict";
import { ask, exchange, parseAnswer } from "./http.ts";
import { probes, useStand } from "./stands.ts";

/** Header lines as the server got them, by lower-case name. */
type Got = Record<string, string[]>;

function gotBy(body: string): Got {
    const raw = (JSON.parse(body) as { raw: string[] }).raw;
    const got: Got = {};
    for (let i = 0; i < raw.length; i += 2) (got[raw[i]!.toLowerCase()] ??= []).push(raw[i + 1]!);
    return got;
}

describe("what a server is told of the client", () => {
    const stand = useStand(probes);

    const got = async (path: string, headers: readonly string[] = []): Promise<Got> =>
        gotBy((await ask(stand().port, path, { headers })).body);

    it("is the address that nginx saw, the host with its port, the scheme and the port that the client typed", async () => {
        const { gateway } = stand().addresses;
        const host = `localhost:${stand().port}`;
        for (const path of ["/", "/green/"]) {
            const headers = await got(path);
            assert.deepEqual(headers.host, [host]);
            assert.deepEqual(headers["x-forwarded-host"], [host]);
            assert.deepEqual(headers["x-forwarded-port"], [String(stand().port)]);
            assert.deepEqual(headers["x-forwarded-proto"], ["http"]);
            assert.deepEqual(headers["x-forwarded-for"], [gateway]);
            assert.deepEqual(headers["x-real-ip"], [gateway]);
        }
    });

    it("is not what the client says of itself", async () => {
        const claims = {
            "X-Forwarded-For": "6.6.6.6",
            "X-Real-IP": "6.6.6.6",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Port": "666",
            "X-Forwarded-Prefix": "/evil",
            "X-Forwarded-Ssl": "on",
            "X-Forwarded-Scheme": "https",
            "X-Forwarded-Server": "evil.example",
            "X-Forwarded-By": "evil.example",
            "X-Client-IP": "6.6.6.6",
            "True-Client-IP": "6.6.6.6",
            "CF-Connecting-IP": "6.6.6.6",
            "X-Cluster-Client-IP": "6.6.6.6",
            "Front-End-Https": "on",
            "X-Original-URL": "/evil",
            "X-Rewrite-URL": "/evil",
            "X-Original-Host": "evil.example",
            "X-Host": "evil.example",
            Forwarded: "for=6.6.6.6;host=evil.example",
            Proxy: "http://evil.example",
        };
        const lines = Object.entries(claims).map(([name, value]) => `${name}: ${value}`);
        const doubled = [...lines, ...lines.map((line) => line.toUpperCase())];
        // Some applications take underscores for dashes.
        const underscored = lines.map((line) => line.replace(/^[^:]+/, (name) => name.replaceAll("-", "_")));
        for (const path of ["/", "/green/"]) {
            for (const headers of [lines, doubled, underscored]) {
                const text = JSON.stringify(await got(path, headers));
                assert.doesNotMatch(text, /evil|6\.6\.6\.6|"666"|"https"|"on"/i);
            }
        }
    });

    it("is the prefix on previews only", async () => {
        assert.deepEqual((await got("/green/x"))["x-forwarded-prefix"], ["/green"]);
        assert.deepEqual((await got("/blue"))["x-forwarded-prefix"], ["/blue"]);
        assert.equal((await got("/"))["x-forwarded-prefix"], undefined);
        assert.equal((await got("/bluebird"))["x-forwarded-prefix"], undefined);
    });

    it("is also what the client says of other things, as it was sent", async () => {
        const headers = await got("/", [
            "Authorization: Bearer a.b",
            "Cookie: a=1; b=2",
            "X-Mine: \xe4",
            "Accept: */*",
        ]);
        assert.deepEqual(headers.authorization, ["Bearer a.b"]);
        assert.deepEqual(headers.cookie, ["a=1; b=2"]);
        assert.deepEqual(headers["x-mine"], [Buffer.from("\xe4").toString("latin1")]);
    });

    it("is a name for the host, also when an old client sends none", async () => {
        const { status, body } = parseAnswer(await exchange(stand().port, "GET /green/a HTTP/1.0\r\n\r\n"));
        assert.equal(status, 200);
        const headers = gotBy(body);
        assert.match(headers.host!.join(), /^[a-z0-9.]+$/);
        assert.deepEqual(headers["x-forwarded-host"], headers.host);
    });

    it("is the port that the client typed, by which links find their way back through any mapping of ports", async () => {
        const ports = { "shop.example": "80", "shop.example:81": "81", "[::1]": "80", "[::1]:8443": "8443" };
        for (const [host, port] of Object.entries(ports)) {
            assert.deepEqual((await got("/", [`Host: ${host}`]))["x-forwarded-port"], [port], host);
        }
    });

    it("is the host of the address that the client wrote in full, whatever its Host header says", async () => {
        for (const [address, host, port] of [
            ["http://a.example/x", "a.example", "80"],
            ["HTTP://a.example:81/green/x", "a.example:81", "81"],
            ["http://a.example", "a.example", "80"],
            ["http://a.example?x", "a.example", "80"],
        ] as const) {
            const headers = await got(address, ["Host: b.example:99"]);
            assert.deepEqual(headers.host, [host], address);
            assert.deepEqual(headers["x-forwarded-host"], [host], address);
            assert.deepEqual(headers["x-forwarded-port"], [port], address);
        }
    });

    it("is the host's name as the client wrote it", async () => {
        assert.deepEqual((await got("/", ["Host: Shop.Example:81"])).host, ["Shop.Example:81"]);
    });

    it("is nothing of the client's connection to nginx", async () => {
        const headers = await got("/", ["Connection: close, X-Hop", "TE: trailers", "Keep-Alive: 5"]);
        assert.equal(headers.connection, undefined);
        assert.equal(headers.upgrade, undefined);
    });

    it("is no wish for a protocol other than WebSocket, since nginx would be blind to what comes over it", async () => {
        // An HTTP/2 connection through nginx would carry requests with any X-Forwarded-For.
        for (const upgrade of ["h2c", "websocket, h2c", "TLS/1.0"]) {
            const lines = [
                `Upgrade: ${upgrade}`,
                "Connection: Upgrade, HTTP2-Settings, close",
                "HTTP2-Settings: AAMAAABk",
            ];
            const headers = await got("/", lines);
            assert.equal(headers.upgrade, undefined, upgrade);
            assert.equal(headers.connection, undefined, upgrade);
        }
    });
});
