import assert from "node:assert/strict";
import { ask, exchange, parseAnswer } from "./http.ts";
import { probes, useStand } from "./stands.ts";

describe("the url that a server sees", () => {
    const stand = useStand(probes);

    /** What the server got for a request target. */
    const arrived = async (target: string): Promise<string> => {
        const { status, body } = await ask(stand().port, target);
        assert.equal(status, 200, `${target}: ${body}`);
        return (JSON.parse(body) as { url: string }).url;
    };

    const urls = [
        "/a%2Fb%20c?x=%26&y=a+b",
        "/%E2%82%AC/%fc",
        "/a;v=1/b,c/@d:e/!$&'()*+=~",
        "/?",
        "/?a",
        "/x?",
        "/x??a=?b#",
        "/a//b///c//",
        "/a/./b/../c",
        "/{{color}}/$live/${host}",
        '/a\\b|c^d`e"f<g>',
        "/%25%2525?%00%",
        "/x?to=http://other/blue/&q=%23",
        `/long/${"0123456789".repeat(820)}?q=${"x".repeat(100)}`,
    ];
    for (const url of urls) {
        const shown = url.length < 60 ? url : `${url.slice(0, 20)}… of ${url.length} bytes`;
        it(`is ${shown} as it was sent, at / and behind a prefix`, async () => {
            for (const prefix of ["", "/blue", "/green"]) assert.equal(await arrived(prefix + url), url, prefix);
        });
    }

    it("keeps double slashes right behind the prefix", async () => {
        assert.equal(await arrived("/green//a//b?c"), "//a//b?c");
        assert.equal(await arrived("//a//b"), "//a//b");
    });

    it("has a query alone behind the prefix", async () => {
        assert.equal(await arrived("/green/?"), "/?");
        assert.equal(await arrived("/green/?a=b?c"), "/?a=b?c");
    });

    it("is the path alone when the client names the host in the request line", async () => {
        const cases = { "/green/a%2Fb?x": "/a%2Fb?x", "/a%2Fb?x": "/a%2Fb?x", "": "/", "?x=1": "/?x=1" };
        for (const [sent, expected] of Object.entries(cases)) {
            const { status, body } = await ask(stand().port, `http://localhost:${stand().port}${sent}`);
            assert.equal(status, 200, body);
            assert.equal((JSON.parse(body) as { url: string }).url, expected, sent);
        }
    });

    it("is refused when it is longer than 16 KB, without a server having seen it", async () => {
        assert.equal((await ask(stand().port, `/${"x".repeat(17_000)}`)).status, 414);
    });

    it("is refused when it does not begin with a slash", async () => {
        const text = await exchange(stand().port, "GET green/ HTTP/1.1\r\nHost: x\r\n\r\n");
        assert.equal(parseAnswer(text).status, 400);
    });
});
