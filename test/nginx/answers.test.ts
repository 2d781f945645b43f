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
            ["a path up", "../login", "../login"],
            ["a query alone", "?page=2", "?page=2"],
            ["an address on the same host", "http://HERE/login?a=b", "http://HERE/green/login?a=b"],
            ["the same host's root", "http://HERE/", "http://HERE/green/"],
            ["an address on another host", "http://other.example/login", "http://other.example/login"],
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
