// What a recording says about a service: pure functions from rows and marks to a verdict.
import { otherColor, type Color } from "../settings/settings.ts";
import { largest, quantile, smallest, sum } from "./numbers.ts";
import type { Kind, Recording, Row } from "./recorder/recording.ts";

/** A cutover; times in microseconds on the clock of clock.ts. */
export interface Cutover {
    readonly to: Color;
    /** When it was asked for. */
    readonly asked: number;
    /** When the marker was moved, or whatever a peer has in its place; as `asked` when nobody knows. */
    readonly moved: number;
    /** When it was reported done: from here on an answer of the old color is wrong. */
    readonly acknowledged: number;
}

/** What happened during one cutover; times in milliseconds. */
export interface CutoverVerdict {
    readonly to: Color;
    /** From the marker's move to the end of the first answer of the new color. */
    readonly firstNewMs: number;
    /** From the marker's move to the end of the last answer of the old color, long answers left out. */
    readonly lastOldMs: number;
    /** From the marker's move to the start of the last request that the old color answered. */
    readonly lastOldSentMs: number;
    /** From the marker's move to the report that it is done. */
    readonly acknowledgedMs: number;
    /** From the first answer of the new color to the last of the old, long answers left out; 0 when they don't overlap. */
    readonly mixedMs: number;
    /** Requests sent after the report and answered by the old color. */
    readonly stale: number;
    /** Changes of color beyond the one that was asked for; see colorChanges. */
    readonly flapping: number;
}

export interface Latency {
    /** Milliseconds from when a request was due to the end of its answer. */
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
}

export interface Verdict {
    readonly requests: number;
    /** Requests a second between the first and the last end. */
    readonly rate: number;
    readonly failed: number;
    /** How the failed ones failed: `reset`, `status 502`, with the kind of client. */
    readonly failures: Readonly<Record<string, number>>;
    readonly stale: number;
    readonly flapping: number;
    /** POSTs that the servers say they got more than once, and good ones that they say they never got. */
    readonly executedTwice: number;
    readonly neverExecuted: number;
    /** Long-lived connections that a server ended in an orderly way. */
    readonly endedByServer: number;
    /** The longest time without a good answer to a short request, in milliseconds. */
    readonly longestGapMs: number;
    /** Of the good short requests. */
    readonly latency: Latency;
    /** How late the load itself was in sending, in milliseconds: beyond some ms it measures itself. */
    readonly lateP99Ms: number;
    readonly byKind: Readonly<Partial<Record<Kind, number>>>;
    readonly cutovers: readonly CutoverVerdict[];
}

/** What besides the rows is known. */
export interface Known {
    readonly cutovers?: readonly Cutover[];
    /** The ids of the POSTs that the servers executed, as often as they did; undefined when nobody counted. */
    readonly executed?: readonly number[];
}

const short = new Set<Kind>(["busy", "think", "silent", "fresh"]);
/** What follows on a connection that was opened earlier is no new request. */
const followUps = new Set<Kind>(["sse-stream", "ws-echo"]);

/** Whether a request failed: any status but 2xx (101 for a WebSocket), a reset, a timeout. */
export function hasFailed({ kind, status, error }: Row): boolean {
    if (error === "ended") return false;
    const good = status >= 200 && status < 300;
    return error !== "" || !(good || (status === 101 && (kind === "ws" || kind === "ws-echo")));
}

/** Whether a color was chosen for a request: not for what follows on a connection that was opened earlier. */
export function hasColor(row: Row): row is Row & { readonly color: Color } {
    return row.color !== "" && !followUps.has(row.kind);
}

/** Judges a recording. */
export function judge(recording: Recording, known: Known = {}): Verdict {
    const { cutovers = [] } = known;
    const failures: Record<string, number> = {};
    const byKind: Partial<Record<Kind, number>> = {};
    const latencies: number[] = [];
    const lateness: number[] = [];
    const goodEnds: number[] = [];
    const colored: Row[] = [];
    let endedByServer = 0;
    let [begin, end, lastSent] = [Infinity, 0, 0];
    for (const row of recording.rows()) {
        byKind[row.kind] = (byKind[row.kind] ?? 0) + 1;
        begin = Math.min(begin, row.sent);
        end = Math.max(end, row.end);
        if (row.error === "ended") endedByServer += 1;
        if (hasFailed(row)) {
            const what = `${row.kind}: ${row.error || `status ${row.status}`}`;
            failures[what] = (failures[what] ?? 0) + 1;
            continue;
        }
        if (hasColor(row)) colored.push(row);
        if (!short.has(row.kind)) continue;
        latencies.push(row.end - row.scheduled);
        lateness.push(row.sent - row.scheduled);
        goodEnds.push(row.end);
        lastSent = Math.max(lastSent, row.sent);
    }
    const verdicts = cutovers.map((cutover, at) => judgeCutover(colored, cutover, cutovers[at - 1], cutovers[at + 1]));
    latencies.sort((a, b) => a - b);
    lateness.sort((a, b) => a - b);
    const at = (part: number) => quantile(latencies, part) / 1000;
    return {
        requests: recording.length,
        rate: recording.length / Math.max(1e-6, (end - begin) / 1e6),
        failed: sum(Object.values(failures)),
        failures,
        stale: sum(verdicts.map(({ stale }) => stale)),
        flapping: cutovers.length === 0 ? colorChanges(colored) : sum(verdicts.map(({ flapping }) => flapping)),
        ...judgePosts(recording, known.executed),
        endedByServer,
        longestGapMs: longestGap(goodEnds, lastSent) / 1000,
        latency: { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) },
        lateP99Ms: quantile(lateness, 0.99) / 1000,
        byKind,
        cutovers: verdicts,
    };
}

function judgeCutover(rows: readonly Row[], cutover: Cutover, before?: Cutover, after?: Cutover): CutoverVerdict {
    const { to, asked, moved, acknowledged } = cutover;
    const from = otherColor(to);
    // What was sent before the previous cutover was done is judged with that one. What was still in flight when the
    // next one was asked for may rightly have either color, and is judged with the next: not what was in flight when it
    // moved, since that is known by the time of a file, and the first new answers may be as near to it as clocks agree.
    const own = rows.filter(({ sent, end }) => sent > (before?.acknowledged ?? -1) && end < (after?.asked ?? Infinity));
    const old = own.filter(({ color }) => color === from);
    const shortOld = old.filter(({ kind }) => short.has(kind));
    const firstNew = smallest(own.filter(({ color, end }) => color === to && end > asked).map(({ end }) => end));
    const lastOld = largest(shortOld.map(({ end }) => end));
    const sinceAsked = own.filter(({ end }) => !before || end >= asked);
    const since = (time: number) => (Number.isFinite(time) ? (time - moved) / 1000 : NaN);
    return {
        to,
        firstNewMs: since(firstNew),
        lastOldMs: since(lastOld),
        lastOldSentMs: since(largest(old.map(({ sent }) => sent))),
        acknowledgedMs: since(acknowledged),
        mixedMs: Math.max(0, (lastOld - firstNew) / 1000) || 0,
        stale: old.filter(({ sent }) => sent > acknowledged).length,
        flapping: Math.max(0, colorChanges(sinceAsked) - 1),
    };
}

/**
 * The least number of changes of color that explains the answers. A service with one color at a time decides each
 * answer at some moment between the request's start and its end; so answers in flight may overlap, and a cutover needs
 * one change, but an old answer to a request that was sent after a new answer had arrived needs two more.
 */
export function colorChanges(rows: readonly Pick<Row, "color" | "sent" | "end">[]): number {
    const byEnd = { blue: ended(rows, "blue"), green: ended(rows, "green") };
    const next = { blue: 0, green: 0 };
    const [firstBlue, firstGreen] = [byEnd.blue[0], byEnd.green[0]];
    if (!firstBlue || !firstGreen) return 0;
    // From either color at the start; the better one counts.
    return Math.min(changesFrom("blue"), changesFrom("green"));

    function changesFrom(start: Color): number {
        next.blue = next.green = 0;
        let changes = 0;
        let since = -Infinity;
        for (let color = start; ; color = otherColor(color), changes += 1) {
            // The color can stay until the first answer of the other that was wholly within its time.
            const rival = otherColor(color);
            const rivals = byEnd[rival];
            while (next[rival] < rivals.length && (rivals[next[rival]]?.sent ?? 0) < since) next[rival] += 1;
            const first = rivals[next[rival]];
            if (!first) return changes;
            since = first.end;
        }
    }
}

function ended(rows: readonly Pick<Row, "color" | "sent" | "end">[], color: Color) {
    return rows.filter((row) => row.color === color).sort((a, b) => a.end - b.end);
}

function judgePosts(recording: Recording, executed: readonly number[] | undefined) {
    if (!executed) return { executedTwice: 0, neverExecuted: 0 };
    const counts = new Map<number, number>();
    for (const id of executed) counts.set(id, (counts.get(id) ?? 0) + 1);
    let neverExecuted = 0;
    for (const row of recording.rows()) {
        if (row.kind === "post" && !hasFailed(row) && !counts.has(row.id)) neverExecuted += 1;
    }
    return { executedTwice: [...counts.values()].filter((count) => count > 1).length, neverExecuted };
}

// Once the load sends no more, nobody misses an answer.
function longestGap(ends: number[], lastSent: number): number {
    ends.sort((a, b) => a - b);
    let longest = 0;
    for (let at = 1; at < ends.length; at += 1) {
        longest = Math.max(longest, Math.min(ends[at] ?? 0, lastSent) - (ends[at - 1] ?? 0));
    }
    return longest;
}

/** The verdict's failures in words, for a message. */
export function failuresInWords({ failures }: Pick<Verdict, "failures">): string {
    const entries = Object.entries(failures);
    return entries.map(([what, count]) => `${count} ${what}`).join(", ") || "none";
}
