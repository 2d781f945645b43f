import assert from "node:assert/strict";
import { ask } from "./http.ts";
import { probes, useStand } from "./stands.ts";

describe("what an application answers", () => {
    const stand = useStand(probes);

    /** The header of the answer when the application sets it so. */
    const through = async (path: string, header: string, value: string): Promise<string | undefined> => {
        const query = `?status=${header === "Location" ? 302 : 200}&h=${encodeURIComponent(`${header}: ${value}`)}`;
        return (await ask(stand().port, `${path}/headers${query}`)).headers[header.toLowerCase()];
    };

    describe("as a redirect", () => {
        const here = () => `localhost:${stand().port}`;
        const kinds: [string, string, string][] = [
            ["a path", "/login?a=%2F#b", "/green/login?a=%2F#b"],
            ["the root", "/", "/green/"],
            ["a relative path", "login?next=/blue/", "login?next=/blue/"],
            ["a path up", "../login", "/green/login"],
            ["a path up twice, with a query", "../../login?a=/b", "/green/login?a=/b"],
            ["the folder above", "..", "/green/"],
            ["a query alone", "?page=2", "?page=2"],
            ["an address on the same host", "http://HERE/login?a=b", "http://HERE/green/login?a=b"],
            ["the same host's root", "http://HERE/", "http://HERE/green/"],
            ["an address on another host", "http://other.example/login", "http://other.example/login"],
            ["an address on the same host, in capitals", "HTTP://HERE/login", "HTTP://HERE/green/login"],
            ["an address on the same host by TLS", "https://HERE/login", "https://HERE/green/login"],
            ["the same host without a scheme", "//HERE/login", "//HERE/green/login"],
            ["the same host without a path", "http://HERE?a", "http://HERE/green/?a"],
            ["a host that begins like the same", "http://HERE.example/x", "http://HERE.example/x"],
            ["another port of the same host", "http://localhost:1/login", "http://localhost:1/login"],
            ["another scheme", "https://other.example/", "https://other.example/"],
            ["another host by the same scheme", "//other.example/login", "//other.example/login"],
            ["a path with the prefix", "/green/login", "/green/login"],
            ["the prefix alone", "/green", "/green"],
            ["the prefix with a query", "/green?a=b", "/green?a=b"],
            ["an address with the prefix", "http://HERE/green/login", "http://HERE/green/login"],
            ["an address with the prefix alone", "http://HERE/green", "http://HERE/green"],
            ["a path that begins like the prefix", "/greenhouse", "/green/greenhouse"],
            ["the other color's prefix", "/blue/x", "/green/blue/x"],
        ];
        for (const [kind, sent, expected] of kinds) {
            it(`to ${kind} stays in the preview or leaves it as it should (${sent} is ${expected})`, async () => {
                const to = (text: string) => text.replace("HERE", here());
                assert.equal(await through("/green", "Location", to(sent)), to(expected));
            });

            it(`to ${kind} is left alone at /`, async () => {
                const to = sent.replace("HERE", here());
                assert.equal(await through("", "Location", to), to);
            });
        }
    });

    it("as a redirect up stays as it is while it stays in the preview", async () => {
        const to = async (path: string, location: string) => {
            const query = `?status=302&h=${encodeURIComponent(`Location: ${location}`)}`;
            return (await ask(stand().port, `${path}${query}`)).headers.location;
        };
        assert.equal(await to("/green/a/b/headers", "../x"), "../x");
        assert.equal(await to("/green/a/b/headers", "../../x"), "../../x");
        assert.equal(await to("/green/a/b/headers", "../../../x"), "/green/x");
        assert.equal(await to("/green/a/headers", ".."), "..");
        assert.equal(await to("/green/a/headers", "../../.."), "/green/");
    });

    describe("as what concerns the whole origin", () => {
        const kinds: [header: string, sent: string, expected: string | undefined][] = [
            ["Clear-Site-Data", '"*"', undefined],
            ["Strict-Transport-Security", "max-age=99999999", undefined],
            ["Alt-Svc", 'h3=":443"', undefined],
            ["Service-Worker-Allowed", "/", "/green/"],
            ["Service-Worker-Allowed", "/app/", "/green/app/"],
            ["Service-Worker-Allowed", "/green/app/", "/green/app/"],
            ["Service-Worker-Allowed", "/green/../", undefined],
            ["Service-Worker-Allowed", "//other.example/", undefined],
            ["Refresh", "5", "5"],
            ["Refresh", "0; url=/login", "0; url=/green/login"],
            ["Refresh", "0;URL='/login'", "0; url=/green/login"],
            ["Refresh", "0, /login?a=b", "0; url=/green/login?a=b"],
            ["Refresh", "0; url=/green/login", "0; url=/green/login"],
            ["Refresh", "0; url=http://localhost/login", undefined],
        ];
        for (const [header, sent, expected] of kinds) {
            it(`is ${expected ?? "dropped"} in a preview, and left alone at / (${header}: ${sent})`, async () => {
                assert.equal(await through("/green", header, sent), expected);
                assert.equal(await through("", header, sent), sent);
            });
        }
    });

    describe("as a cookie", () => {
        const kinds: [string, string][] = [
            ["a=1; Path=/; HttpOnly", "a=1; Path=/green/; HttpOnly"],
            ["a=1; Path=/app; Secure", "a=1; Path=/green/app; Secure"],
            ["a=1; Path=/green", "a=1; Path=/green"],
            ["a=1; Path=/green/app", "a=1; Path=/green/app"],
            ["a=1; path=/greenhouse", "a=1; path=/green/greenhouse"],
            ["a=1; SameSite=Lax", "a=1; SameSite=Lax"],
        ];
        for (const [sent, expected] of kinds) {
            it(`belongs to the preview that set it (${sent} is ${expected})`, async () => {
                assert.equal(await through("/green", "Set-Cookie", sent), expected);
                assert.equal(await through("", "Set-Cookie", sent), sent);
            });
        }

        it("is one of several, each with its own path", async () => {
            const query = ["a=1; Path=/", "b=2; Path=/x"].map(
                (value) => `h=${encodeURIComponent(`Set-Cookie: ${value}`)}`,
            );
            const { headers } = await ask(stand().port, `/green/headers?${query.join("&")}`);
            assert.equal(headers["set-cookie"], "a=1; Path=/green/, b=2; Path=/green/x");
        });
    });

    it("has its status and its other headers kept", async () => {
        for (const status of [201, 304, 404, 418, 500, 503]) {
            const { headers, status: came } = await ask(
                stand().port,
                `/green/headers?status=${status}&h=X-Mine: 1`.replace(" ", "%20"),
            );
            assert.deepEqual([came, headers["x-mine"]], [status, "1"]);
        }
    });
});
