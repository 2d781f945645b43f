import assert from "node:assert/strict";
import { quantile } from "../../bench/numbers.ts";
import { Recording, type Row } from "../../bench/recorder/recording.ts";
import { colorChanges, judge, type Cutover } from "../../bench/verdict.ts";

const ms = 1000;

/** Answers of one color, one every millisecond, each 1 ms long; times in milliseconds. */
function answers(color: Row["color"], from: number, to: number): Partial<Row>[] {
    return Array.from({ length: to - from }, (_, i) => ({ color, sent: (from + i) * ms, end: (from + i + 1) * ms }));
}

function cutover(to: Cutover["to"], asked: number, moved: number, acknowledged: number): Cutover {
    return { to, asked: asked * ms, moved: moved * ms, acknowledged: acknowledged * ms };
}

describe("the verdict on a recording", () => {
    it("finds nothing in a clean cutover", () => {
        const rows = [...answers("blue", 0, 100), ...answers("green", 100, 200)];
        const verdict = judge(Recording.of(rows), { cutovers: [cutover("green", 50, 100, 110)] });
        assert.deepEqual([verdict.failed, verdict.stale, verdict.flapping, verdict.endedByServer], [0, 0, 0, 0]);
        assert.equal(verdict.requests, 200);
        const [first] = verdict.cutovers;
        assert.equal(first?.firstNewMs, 1);
        assert.equal(first.lastOldMs, 0);
        assert.equal(first.lastOldSentMs, -1);
        assert.equal(first.acknowledgedMs, 10);
        assert.equal(first.mixedMs, 0);
    });

    it("counts every status but 2xx, every reset and every timeout as failed, by kind of client", () => {
        const rows: Partial<Row>[] = [
            { status: 200 },
            { status: 204 },
            { status: 302 },
            { status: 502 },
            { status: 0, error: "reset" },
            { status: 200, error: "timeout", kind: "slow" },
            { status: 101 },
            { status: 101, kind: "ws" },
            { status: 101, kind: "ws-echo", error: "ended" },
        ];
        const verdict = judge(Recording.of(rows));
        assert.equal(verdict.failed, 5);
        assert.equal(verdict.failures["slow: timeout"], 1);
        assert.equal(verdict.failures["busy: status 502"], 1);
        assert.equal(verdict.endedByServer, 1);
    });

    it("counts as stale what was sent after the report and answered by the old color, however long it took", () => {
        const late: Partial<Row>[] = [
            { color: "blue", sent: 109 * ms, end: 500 * ms, kind: "slow" },
            { color: "blue", sent: 111 * ms, end: 112 * ms },
            { color: "blue", sent: 150 * ms, end: 151 * ms, kind: "sse-stream" },
        ];
        const rows = [...answers("blue", 0, 100), ...answers("green", 100, 200), ...late];
        const verdict = judge(Recording.of(rows), { cutovers: [cutover("green", 50, 100, 110)] });
        assert.equal(verdict.stale, 1);
        assert.equal(verdict.cutovers[0]?.lastOldSentMs, 11);
        assert.equal(verdict.cutovers[0].mixedMs, 11);
    });

    it("judges each of several cutovers by the requests of its own time", () => {
        const rows = [...answers("blue", 0, 100), ...answers("green", 100, 200), ...answers("blue", 200, 300)];
        const cutovers = [cutover("green", 90, 100, 102), cutover("blue", 190, 200, 203)];
        const verdict = judge(Recording.of(rows), { cutovers });
        assert.deepEqual([verdict.stale, verdict.flapping], [0, 0]);
        assert.deepEqual(
            verdict.cutovers.map(({ firstNewMs }) => firstNewMs),
            [1, 1],
        );
    });

    it("leaves what ends after a cutover was asked for to that cutover, and what had ended to the one before", () => {
        const blue = [...answers("blue", 0, 100), ...answers("blue", 201, 300)];
        const green = answers("green", 100, 199);
        const cutovers = [cutover("green", 90, 100, 102), cutover("blue", 190, 200, 203)];
        const seen = (sent: number, end: number) => {
            const last = { color: "blue", sent: sent * ms, end: end * ms } as const;
            const verdict = judge(Recording.of([...blue, ...green, last]), { cutovers });
            return verdict.cutovers.map(({ stale, flapping }) => [stale, flapping]);
        };
        const none = [0, 0];
        assert.deepEqual(seen(188, 202), [none, none], "in flight");
        assert.deepEqual(seen(199, 199.5), [none, none], "new a bit before the time at which the file says it moved");
        assert.deepEqual(seen(188, 189), [[1, 1], none], "the color before the last, too early for the next");
        assert.deepEqual(seen(191, 192), [none, [0, 2]], "the next color, then back");
        assert.deepEqual(seen(189, 192), [none, [0, 1]], "the same, sent before it was asked for");
    });

    it("finds an old answer to a request that was sent after a new answer had arrived, before the report", () => {
        const rows = [...answers("blue", 0, 100), ...answers("green", 100, 110), ...answers("blue", 110, 111)];
        const all = [...rows, ...answers("green", 111, 200)];
        const verdict = judge(Recording.of(all), { cutovers: [cutover("green", 50, 100, 150)] });
        assert.deepEqual([verdict.stale, verdict.flapping], [0, 2]);
    });

    it("takes the longest time without a good answer to a short request for the gap", () => {
        const failing: Partial<Row>[] = [{ status: 502, sent: 120 * ms, end: 130 * ms }];
        const stream: Partial<Row>[] = [{ kind: "ws-echo", status: 101, sent: 120 * ms, end: 131 * ms }];
        const rows = [...answers("blue", 0, 100), ...failing, ...stream, ...answers("blue", 150, 200)];
        assert.equal(judge(Recording.of(rows)).longestGapMs, 51);
    });

    it("takes what comes after the last request for no gap", () => {
        const last: Partial<Row>[] = [{ sent: 99 * ms, end: 900 * ms }];
        assert.equal(judge(Recording.of([...answers("blue", 0, 100), ...last])).longestGapMs, 1);
    });

    it("measures latency from when a request was due, not from when it was sent", () => {
        const rows = Array.from({ length: 1000 }, (_, i) => ({ scheduled: 0, sent: i * ms, end: (i + 1) * ms }));
        const { latency, lateP99Ms } = judge(Recording.of(rows));
        assert.deepEqual(latency, { p50: 501, p99: 991, p999: 1000, max: 1000 });
        assert.equal(lateP99Ms, 990);
    });

    it("finds POSTs that were executed twice, and good ones that never were", () => {
        const rows = [1, 2, 3].map((id) => ({ kind: "post" as const, id }));
        const { executedTwice, neverExecuted } = judge(Recording.of(rows), { executed: [1, 2, 2] });
        assert.deepEqual([executedTwice, neverExecuted], [1, 1]);
    });
});

describe("the least number of changes of color", () => {
    const at = (color: Row["color"], sent: number, end: number) => ({ color, sent, end });

    it("is none for one color, and one for two that follow each other", () => {
        assert.equal(colorChanges([]), 0);
        assert.equal(colorChanges([at("blue", 0, 1), at("blue", 2, 3)]), 0);
        assert.equal(colorChanges([at("blue", 0, 1), at("green", 2, 3)]), 1);
        assert.equal(colorChanges([at("green", 0, 1), at("blue", 2, 3)]), 1);
    });

    it("lets answers in flight overlap", () => {
        const slow = at("blue", 9, 30);
        assert.equal(colorChanges([at("blue", 0, 1), slow, at("green", 9, 12), at("green", 13, 14)]), 1);
    });

    it("counts there and back again for a request that was sent after a new answer had arrived", () => {
        const back = at("blue", 13, 30);
        assert.equal(colorChanges([at("blue", 0, 1), at("green", 9, 12), back, at("green", 31, 32)]), 3);
        // Nothing tells that green ever came again.
        assert.equal(colorChanges([at("blue", 0, 1), at("green", 9, 12), back]), 2);
    });

    it("is the same as the one found by trying every history", () => {
        let seed = 7;
        const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
        for (let run = 0; run < 100; run += 1) {
            const rows = Array.from({ length: 6 }, () => {
                const sent = random(6) * fine;
                return at(random(1000) < 500 ? "blue" : "green", sent, sent + (1 + random(3)) * fine);
            });
            const most = 3;
            const fewest = fewestByTrying(rows, most);
            if (fewest > most) assert.ok(colorChanges(rows) > most, JSON.stringify(rows));
            else assert.equal(colorChanges(rows), fewest, JSON.stringify(rows));
        }
    });

    // Rows begin and end at whole multiples of `fine`, and the color changes somewhere between.
    const fine = 4;

    /** The color after each point of time is tried both ways; every row needs a moment with its own. */
    function fewestByTrying(rows: ReturnType<typeof at>[], most: number): number {
        const last = Math.max(...rows.map(({ end }) => end));
        const moments = Array.from({ length: last }, (_, i) => i).filter((i) => i % fine !== 0);
        let fewest = Infinity;
        const explains = (cuts: number[], start: 0 | 1) =>
            rows.every(({ color, sent, end }) => {
                const wanted = color === "blue" ? 0 : 1;
                const before = cuts.filter((cut) => cut < sent).length;
                const within = cuts.some((cut) => cut > sent && cut < end);
                return within || (start + before) % 2 === wanted;
            });
        const extend = (from: number, cuts: number[]): void => {
            if (cuts.length >= fewest) return;
            if (explains(cuts, 0) || explains(cuts, 1)) fewest = cuts.length;
            else if (cuts.length < most) {
                for (let next = from; next < moments.length; next += 1) {
                    extend(next + 1, [...cuts, moments[next] ?? 0]);
                }
            }
        };
        extend(0, []);
        return fewest;
    }
});

describe("a quantile", () => {
    it("is the value below which that part lies", () => {
        assert.equal(quantile([1, 2, 3, 4], 0.5), 3);
        assert.equal(quantile([1], 0.999), 1);
        assert.ok(Number.isNaN(quantile([], 0.5)));
    });
});
