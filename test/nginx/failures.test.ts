import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { colors, type Color } from "../../settings/settings.ts";
import { ask, load } from "./http.ts";
import { probes, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "./engine.ts";

/** What a server knows. */
interface Knowledge {
    readonly name: string;
    readonly connections: number;
    readonly open: number;
    /** How long a connection was idle before it was closed, at most, in milliseconds. */
    readonly idle: number;
    readonly seen: number;
}

for (const retry of ["unsent", "idempotent"] as const)
    describe(`the servers of a pool, with retry ${retry}`, () => {
        const stand = useStand(probes);

        // Half the default, since a server that is gone is noticed by nothing else.
        const timeouts = { connectSeconds: 1, readSeconds: 60, sendSeconds: 60 };
        before(async () => {
            await stand().routes({ ...stand().settings, timeouts, retry });
            // Connections that nobody uses until a later test looks what has become of them.
            await load(8, 8, () => ask(stand().port, "/green/"));
        });

        /** What each server knows, asked past the load balancer; without those that are down. */
        const ofServers = async (id = ""): Promise<Knowledge[]> => {
            const urls = colors
                .flatMap((color) => stand().pool(color))
                .map((spec) => `http://${spec.address}:8080/seen?of=${id}`);
            const text = await stand().inside(`curl -s -w '\\n' ${urls.map((url) => `'${url}'`).join(" ")} || :`);
            return text
                .split("\n")
                .filter(Boolean)
                .map((line) => JSON.parse(line) as Knowledge);
        };
        const sum = (all: readonly Knowledge[], what: "connections" | "open" | "seen") =>
            all.reduce((total, server) => total + server[what], 0);

        /** Makes a server refuse connections, or take them again. */
        const refusing = (color: Color, server: number) => docker("kill", "-s", "USR2", stand().server(color, server));

        const statuses = async (path: string, total: number, method = "GET") =>
            new Set((await load(total, 10, () => ask(stand().port, path, { method }))).map(({ status }) => status));

        /** Waits until nginx sends requests to each server of a color again. */
        const whole = (color: Color) =>
            eventually(
                async () => {
                    const path = color === "blue" ? "/" : `/${color}/`;
                    const answers = await load(12, 4, () => ask(stand().port, path));
                    return new Set(
                        answers.map(({ status, body }) =>
                            status === 200 ? (JSON.parse(body) as Knowledge).name : status,
                        ),
                    );
                },
                (names) => names.size === 2 && [...names].every((name) => typeof name === "string"),
            );

        it("are asked over few connections: 200 requests open no more than a handful", async () => {
            const before = await ofServers();
            assert.deepEqual(await statuses("/", 200), new Set([200]));
            const opened = sum(await ofServers(), "connections") - sum(before, "connections") - before.length;
            assert.ok(opened <= 40, `${opened} connections`);
        });

        it("are not taken from the active color by previews that break off", async () => {
            // Before any test that makes them fail at /: then others stand in for them.
            await load(20, 10, () => ask(stand().port, "/blue/break?only=blue-server2"));
            const answers = await load(20, 1, () => ask(stand().port, "/"));
            const names = new Set(answers.map(({ body }) => (JSON.parse(body) as Knowledge).name));
            assert.deepEqual([...names].sort(), ["blue-server1", "blue-server2"]);
        });

        it("stand in for one that refuses connections: no request fails, of any method", async () => {
            await refusing("blue", 1);
            for (const method of ["GET", "POST", "PUT", "DELETE"]) {
                assert.deepEqual(await statuses("/", method === "GET" ? 200 : 20, method), new Set([200]), method);
            }
            await refusing("blue", 1);
            await whole("blue");
        });

        it("stand in for one that is gone", async () => {
            await docker("kill", stand().server("blue", 1));
            assert.deepEqual(await statuses("/", 200), new Set([200]));
            await docker("start", stand().server("blue", 1));
            await whole("blue");
        });

        for (const [method, times] of Object.entries({ POST: 1, PATCH: 1, GET: retry === "unsent" ? 1 : 2 })) {
            const how = times === 1 ? "never executes it twice" : "is asked of the other";
            it(`that break off a ${method} without an answer: it ${how}`, async () => {
                const id = randomUUID();
                const { status } = await ask(stand().port, `/break?id=${id}`, {
                    method,
                    body: method === "GET" ? undefined : "x=1",
                });
                assert.equal(status, 502);
                const seen = (await ofServers(id)).map((server) => server.seen);
                if (times === 1)
                    assert.equal(
                        seen.reduce((a, b) => a + b),
                        1,
                    );
                else assert.ok(seen[0]! > 0 && seen[1]! > 0, String(seen));
                await whole("blue");
            });
        }

        it("get the body of a POST that another one refused, whole", async () => {
            await refusing("blue", 1);
            const body = "x".repeat(3 * 1024 * 1024);
            const answers = await load(6, 2, () => ask(stand().port, "/", { method: "POST", body }));
            for (const answer of answers) {
                assert.equal(answer.status, 200);
                assert.equal((JSON.parse(answer.body) as { length: number }).length, body.length);
            }
            await refusing("blue", 1);
            await whole("blue");
        });

        it("stand in for one another in previews too", async () => {
            await refusing("green", 1);
            assert.deepEqual(await statuses("/green/", 20), new Set([200]));
            await refusing("green", 1);
            await whole("green");
        });

        it("are all named in the log of a request that was repeated", async () => {
            await refusing("blue", 1);
            const word = randomUUID();
            await load(8, 1, () => ask(stand().port, `/?${word}`));
            await eventually(
                () => docker("logs", stand().nginx),
                (log) => {
                    const lines = log.split("\n").filter((line) => line.includes(word));
                    return lines.length === 8 && lines.some((line) => /"server":"\S+:8080[ ,:]+\S+:8080"/.test(line));
                },
            );
            await refusing("blue", 1);
            await whole("blue");
        });

        if (retry === "idempotent")
            it("answer a GET that one of them breaks off", async () => {
                assert.deepEqual(await statuses("/break?only=blue-server2", 40), new Set([200]));
                await whole("blue");
            });

        it("are not taken from everybody by a client whose requests they break off", async () => {
            for (let i = 0; i < 20; i += 1) {
                assert.equal((await ask(stand().port, "/break")).status, 502);
                assert.equal((await ask(stand().port, "/")).status, 200);
            }
            await whole("blue");
        });

        it("that are all down make for a 502 soon, and for answers again soon after they are back", async () => {
            await Promise.all([refusing("blue", 1), refusing("blue", 2)]);
            const began = Date.now();
            assert.deepEqual(await statuses("/", 20), new Set([502]));
            assert.ok(Date.now() - began < 2000);
            await Promise.all([refusing("blue", 1), refusing("blue", 2)]);
            await eventually(
                () => ask(stand().port, "/"),
                ({ status }) => status === 200,
                3,
            );
            await whole("blue");
        });

        it("have their idle connections closed before they would close them themselves (Node after 5 s)", async () => {
            const green = async () => (await ofServers()).filter(({ name }) => name.startsWith("green"));
            const servers = await eventually(green, (all) => sum(all, "open") === 0, 6);
            for (const { idle } of servers) assert.ok(idle > 3000 && idle < 4900, `${idle} ms`);
        });

        it("that are all gone make for a 502 or 504 soon", async () => {
            await Promise.all([docker("kill", stand().server("green", 1)), docker("kill", stand().server("green", 2))]);
            const began = Date.now();
            for (const status of await statuses("/green/", 5)) assert.ok([502, 504].includes(status), String(status));
            assert.ok(Date.now() - began < 7000, `${Date.now() - began} ms`);
            await Promise.all([
                docker("start", stand().server("green", 1)),
                docker("start", stand().server("green", 2)),
            ]);
            await whole("green");
        });

        it("are not asked again for what took one of them too long", async () => {
            const impatient = { ...stand().settings, retry, timeouts: { ...timeouts, readSeconds: 1 } };
            assert.equal((await stand().routes(impatient)).code, 0);
            const id = randomUUID();
            assert.equal((await ask(stand().port, `/hang?id=${id}`)).status, 504);
            assert.equal(sum(await ofServers(id), "seen"), 1);
        });
    });
