import assert from "node:assert/strict";
import { docker as engine } from "../../engine/docker.ts";
import { readLive } from "../../engine/read.ts";
import { type Answer, ask, KeptConnection, load, startLoad } from "./http.ts";
import { probes, useStand } from "./stands.ts";
import { eventually } from "../support/eventually.ts";
import { docker, type Ran } from "./engine.ts";

describe("the traffic step", () => {
    const stand = useStand(probes);

    const must = async (step: Promise<Ran>): Promise<string> => {
        const { code, text } = await step;
        assert.equal(code, 0, text);
        return text;
    };
    const live = async () => (await stand().status()).live;
    const color = (body: string) => (JSON.parse(body) as { name: string }).name.split("-")[0];

    afterEach(() => stand().live("blue"));

    it("moves all traffic before it returns", async () => {
        for (const to of ["green", "blue"] as const) {
            assert.equal(await must(stand().traffic(to)), `${to} is live\n`);
            assert.equal(await live(), to);
            const answers = await load(60, 20, () => ask(stand().port, "/"));
            assert.deepEqual(new Set(answers.map(({ body }) => color(body))), new Set([to]));
        }
    });

    it("is harmless when it runs twice", async () => {
        for (const to of ["green", "green", "blue", "blue"] as const) {
            assert.equal(await must(stand().traffic(to)), `${to} is live\n`);
            assert.equal(await live(), to);
        }
    });

    it("under the load of 50 clients fails no request, and none is answered by the old color after it returned", async () => {
        const kept = await Promise.all(Array.from({ length: 25 }, () => KeptConnection.open(stand().port)));
        const idle = [...kept];
        for (const to of ["green", "blue"] as const) {
            let returned = false;
            /** Asks by one of the two ways; says what a client would complain about. */
            const client = async (request: () => Promise<Answer>): Promise<string> => {
                const late = returned;
                const { status, body } = await request();
                if (status !== 200) return `status ${status}`;
                return late && color(body) !== to ? `${color(body)} after ${to} was live` : "";
            };
            const clients = [
                startLoad(25, () => client(() => ask(stand().port, "/slow?ms=10"))),
                startLoad(25, async () => {
                    const connection = idle.pop()!;
                    const complaint = await client(() => connection.ask("/slow?ms=10"));
                    idle.push(connection);
                    return complaint;
                }),
            ];
            await must(stand().traffic(to));
            returned = true;
            await load(100, 10, () => ask(stand().port, "/"));
            for (const { stop } of clients) assert.deepEqual(new Set(await stop()), new Set([""]));
        }
        for (const connection of kept) connection.close();
    });

    it("refuses a color that has not passed its gate, and says which keeps serving", async () => {
        await stand().inside("mv $dir/ready/green $dir/green");
        const { code, text } = await stand().traffic("green");
        await stand().inside("mv $dir/green $dir/ready/green");
        assert.notEqual(code, 0);
        assert.equal(
            text,
            "green can't become active: it has no version that passed its health check. blue keeps serving.\n",
        );
        assert.equal(await live(), "blue");
    });

    it("refuses a color that has stopped answering since its gate, and says which keeps serving", async () => {
        await stand().inside("sed -i '2s/ 10$/ 1/' $dir/ready/green");
        const refusing = () => docker("kill", "-s", "USR2", stand().server("green", 2));
        await refusing();
        const { code, text } = await stand().traffic("green");
        await refusing();
        assert.notEqual(code, 0);
        assert.match(text, new RegExp(`^FAILED ${stand().server("green", 2)}: server2 `, "m"));
        assert.match(text, /^green can't become active now. blue keeps serving. Look at the container's log/m);
        assert.equal(await live(), "blue");
        await must(stand().traffic("green"));
    });

    it("repairs a marker that was lost, and a marker that was found", async () => {
        await must(stand().traffic("green"));
        await stand().live("blue");
        await must(stand().traffic("green"));
        assert.equal(await live(), "green");
        await must(stand().traffic("blue"));
        await stand().live("green");
        await must(stand().traffic("blue"));
        assert.equal(await live(), "blue");
    });

    it("returns only when each worker has said that it serves the color", async () => {
        const [worker] = await stand().workers();
        await stand().inside(`kill -STOP ${worker}`);
        let over = false;
        const step = stand()
            .traffic("green")
            .finally(() => (over = true));
        // Hundreds of answers of the others are no proof.
        await eventually(
            () => stand().inside("ls $dir/live"),
            (list) => list === "green",
        );
        await stand().inside("sleep 0.5");
        assert.equal(over, false);
        await stand().inside(`kill -CONT ${worker}`);
        await must(step);
    });

    it("puts the marker back when a worker doesn't say so in time", async () => {
        const [worker] = await stand().workers();
        await stand().inside(`kill -STOP ${worker}`);
        const { code, text } = await stand().traffic("green", (script) => script.replaceAll("within 10", "within 1"));
        await stand().inside(`kill -CONT ${worker}`);
        assert.notEqual(code, 0);
        assert.match(
            text,
            /nginx does not answer as it should: neither green nor blue is served by all of its workers/,
        );
        assert.equal(await live(), "blue");
    });

    it("changes nothing when nginx does not say what is live", async () => {
        await must(stand().traffic("green"));
        const deaf = (script: string) => script.replace(/:8081/, ":8089").replaceAll("within 10", "within 1");
        const { code, text } = await stand().traffic("green", deaf);
        assert.notEqual(code, 0);
        assert.match(text, /nginx does not say which color is live, so nothing was changed/);
        assert.equal(await live(), "green");
    });

    it("is not begun by an up whose nginx hangs: that is not taken for one that serves nothing", async () => {
        const workers = (await stand().workers()).join(" ");
        await stand().inside(`kill -STOP ${workers}`);
        await assert.rejects(
            readLive(engine, stand().name, true),
            /can't be asked what it serves: .*no answer within 5 s/,
        );
        await stand().inside(`kill -CONT ${workers}`);
        assert.equal((await readLive(engine, stand().name, true)).nginx?.color, "blue");
    });
});
