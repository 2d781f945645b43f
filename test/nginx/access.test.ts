import assert from "node:assert/strict";
import { parseAnswer, requestText, ask, type Answer, type Ask } from "./http.ts";
import { demoServers, probes, useStand } from "./stands.ts";
import { docker } from "./engine.ts";
import { type Stand } from "./support.ts";

// Sends each text over a connection of its own.
const sender = `
const { connect } = require("node:net");
const [host, texts] = JSON.parse(process.env.INPUT);
Promise.all(texts.map((text) => new Promise((resolve, reject) => {
    let all = "";
    connect(8080, host).on("data", (part) => (all += part)).on("close", () => resolve(all)).on("error", reject).write(text);
}))).then((answers) => console.log(JSON.stringify(answers)));`;

/** Requests from a container in the stack's network: they come from its own address, not from the gateway's. */
async function askFrom(stand: Stand, asks: readonly (Ask & { path: string })[]): Promise<Answer[]> {
    const texts = asks.map(({ path, ...options }) => requestText(stand.port, path, options));
    const input = JSON.stringify([stand.addresses.nginx, texts]);
    const output = await docker("exec", "-e", `INPUT=${input}`, stand.server("blue"), "node", "-e", sender);
    return (JSON.parse(output) as string[]).map(parseAnswer);
}

describe("who may see the previews", () => {
    const stand = useStand(demoServers);

    it("is not a client that comes from elsewhere: 403 with a plain sentence that names its address", async () => {
        const [answer] = await askFrom(stand(), [{ path: "/green/" }]);
        assert.equal(answer!.status, 403);
        assert.equal(answer!.headers["content-type"], "text/plain");
        const address = stand().pool("blue")[0]!.address;
        const sentence = `/green is for testers. You come from ${address}; the setting testers says who may.\n`;
        assert.equal(answer!.body, sentence);
    });

    it("is nobody else by any other way to write the prefix", async () => {
        const ways = ["/green", "/green?x", "//green/", "/%67reen/", "/%67reen", "/x/../green/", "/green/../blue/"];
        const more = ["/./green/version", "///blue", "/blue/%2e%2e/green/", "/blue//", "/blue;x/../green/"];
        const asks = [...ways, ...more].map((path) => ({ path }));
        const answers = await askFrom(stand(), asks);
        for (const [index, { status, headers }] of answers.entries()) {
            assert.deepEqual([status, headers["x-deployment"]], [403, undefined], asks[index]!.path);
        }
    });

    it("is nobody else by another method", async () => {
        const methods = ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"];
        const asks = methods.flatMap((method) => ["/blue", "/blue/"].map((path) => ({ path, method })));
        for (const [index, { status }] of (await askFrom(stand(), asks)).entries()) {
            assert.equal(status, 403, JSON.stringify(asks[index]));
        }
    });

    it("is nobody else by headers that claim another address or path", async () => {
        const gateway = stand().addresses.gateway;
        const names = ["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"];
        const headers = [...names.map((name) => `${name}: ${gateway}`), `Forwarded: for=${gateway}`];
        const [claimed, rewritten] = await askFrom(stand(), [
            { path: "/green/", headers },
            { path: "/", headers: ["X-Original-URL: /green/", "X-Rewrite-URL: /green/"] },
        ]);
        assert.equal(claimed!.status, 403);
        assert.equal(rewritten!.headers["x-deployment"], "blue");
    });

    it("leaves / open to everybody", async () => {
        const [answer] = await askFrom(stand(), [{ path: "/" }]);
        assert.equal(answer!.body, "blue\n");
    });
});

describe("a color without a version that passed its gate", () => {
    const stand = useStand(demoServers);

    before(() => stand().inside("rm $dir/ready/green"));

    it("answers testers 503 with a plain sentence", async () => {
        for (const path of ["/green", "/green/", "/green/version?x=1"]) {
            const { status, headers, body } = await ask(stand().port, path);
            assert.deepEqual([status, headers["content-type"]], [503, "text/plain"], path);
            assert.equal(body, "green has no version that passed its health check.\n");
        }
    });

    it("is a secret to others, who get 403 all the same", async () => {
        const answers = await askFrom(stand(), [{ path: "/green" }, { path: "/green/" }]);
        assert.deepEqual(
            answers.map(({ status }) => status),
            [403, 403],
        );
    });

    it("leaves the other color's preview and / alone", async () => {
        assert.equal((await ask(stand().port, "/blue/")).body, "blue\n");
        assert.equal((await ask(stand().port, "/")).body, "blue\n");
    });
});

describe("the setting testers", () => {
    const stand = useStand(demoServers);

    before(() => stand().routes({ ...stand().settings, testers: ["10.232.0.0/16"] }));

    it("lets in the addresses of a CIDR", async () => {
        const [answer] = await askFrom(stand(), [{ path: "/green/" }]);
        assert.equal(answer!.body, "green\n");
    });
});

describe("an application that tells nginx what to do", () => {
    const stand = useStand(probes);

    const says = (header: string, more = "") => `/headers?h=${encodeURIComponent(header)}${more}`;
    /** The color that answered, for who is no tester. */
    const seenByStranger = async (path: string) => {
        const [answer] = await askFrom(stand(), [{ path }]);
        return [answer!.status, answer!.headers["x-color"]];
    };

    it("does not open the other color to a stranger, nor send nginx round in a loop", async () => {
        for (const target of ["@green", "@blue", "@second", "@green-again", "/green/", "/"]) {
            const path = says(`X-Accel-Redirect: ${target}`, "&h=X-Color:%20blue");
            assert.deepEqual(await seenByStranger(path), [200, "blue"], target);
        }
    });

    it("does not set the speed, the time to keep or the charset of its answer, and clients see no word of it", async () => {
        const lines = [
            "X-Accel-Limit-Rate: 1",
            "X-Accel-Expires: 60",
            "X-Accel-Charset: koi8-r",
            "X-Accel-Buffering: no",
        ];
        const query = lines.map((line) => `h=${encodeURIComponent(line)}`).join("&");
        const { status, headers } = await ask(stand().port, `/headers?${query}&h=Content-Type:%20text/html`);
        assert.equal(status, 200);
        assert.equal(headers["content-type"], "text/html");
        assert.ok(!Object.keys(headers).some((name) => name.startsWith("x-accel")));
        // A byte a second would take longer than a test.
        assert.equal((await ask(stand().port, "/bytes?n=50&h=X-Accel-Limit-Rate:%201")).body.length, 50);
    });

    it("would meet a closed door behind that, too", async () => {
        const heeding = (config: string) => config.replace(/proxy_ignore_headers .*;/, "");
        assert.equal((await stand().routes(undefined, { config: heeding })).code, 0);
        for (const target of ["@green", "@green-again"]) {
            const [answer] = await askFrom(stand(), [{ path: says(`X-Accel-Redirect: ${target}`) }]);
            assert.equal(answer!.status, 403, target);
            assert.match(answer!.body, /^\/green is for testers/);
        }
    });
});
