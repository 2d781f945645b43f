// What a bench found, as it is written to results/ and printed.
import { cpus, totalmem } from "node:os";
import type { Cost } from "./cost.ts";
import type { Disturbed } from "./disturbances.ts";
import type { Growth } from "./growth.ts";
import { largest, median, smallest } from "./numbers.ts";
import type { Compared } from "./peers/compare.ts";
import type { CycleResult } from "./product.ts";
import type { Start } from "./start.ts";
import { failuresInWords } from "./verdict.ts";

/** All that one run of the bench found; a part that was left out is missing. */
export interface Results {
    readonly machine: string;
    readonly date: string;
    readonly command: string;
    /** Requests a second of the load beside which was measured. */
    readonly rate: number;
    product?: Omit<CycleResult, "recording">;
    disturbances?: Disturbed[];
    peers?: Compared[];
    cost?: Cost[];
    start?: Start[];
    growth?: Growth[];
}

/** What the bench runs on, in a few words. */
export function machine(): string {
    const [first] = cpus();
    return `${cpus().length} cores ${first?.model.trim() ?? ""}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** The results as tables in Markdown, which are as legible on a terminal. */
export function tables(results: Results): string {
    const head = `${results.machine}; ${results.date}; \`${results.command}\`; ${results.rate} requests/s beside it`;
    const parts = [
        results.product && productTable(results.product),
        results.disturbances && disturbancesTable(results.disturbances),
        results.peers && peersTable(results.peers),
        results.cost && costTable(results.cost),
        results.start && startTable(results.start),
        results.growth && growthTable(results.growth),
    ];
    return `${[head, ...parts.filter((part) => part !== undefined)].join("\n\n")}\n`;
}

function productTable({ verdict, cutovers, upMs }: NonNullable<Results["product"]>): string {
    const of = (value: (one: (typeof verdict.cutovers)[number]) => number) => {
        const values = verdict.cutovers.map(value);
        return `${ms(median(values))} / ${ms(largest(values))}`;
    };
    return titled("Deploy, cutover, rollback, cutover by `pulumi up`, under load", [
        ["what", "seen"],
        ["requests, cutovers", `${verdict.requests}, ${cutovers.length}`],
        ["failed", `${verdict.failed} (${failuresInWords(verdict)})`],
        ["stale, flapping", `${verdict.stale}, ${verdict.flapping}`],
        ["POSTs executed twice, never", `${verdict.executedTwice}, ${verdict.neverExecuted}`],
        ["long-lived connections that a server ended in an orderly way", String(verdict.endedByServer)],
        ["longest gap without an answer", ms(verdict.longestGapMs)],
        ["latency p50, p99, p99.9", Object.values(verdict.latency).slice(0, 3).map(ms).join(", ")],
        ["the load itself was late, p99", ms(verdict.lateP99Ms)],
        ["marker to first new answer, median / most", of((one) => one.firstNewMs)],
        ["marker to start of the last request answered old", of((one) => one.lastOldSentMs)],
        ["marker to end of the last old answer", of((one) => one.lastOldMs)],
        ["first new to last old answer", of((one) => one.mixedMs)],
        ["marker to the step's report", of((one) => one.acknowledgedMs)],
        ["`pulumi up`: deploy, cutover (median)", `${ms(median(upMs.deploy))}, ${ms(median(upMs.cutover))}`],
    ]);
}

function disturbancesTable(all: readonly Disturbed[]): string {
    return titled("What else happens under load", [
        ["what", "requests", "failed", "POSTs, streams cut", "ended by server", "longest gap", "p99", "p99.9"],
        ...all.map(({ name, verdict, failedIdempotent, failedNotIdempotent }) => [
            name,
            String(verdict.requests),
            String(failedIdempotent),
            String(failedNotIdempotent),
            String(verdict.endedByServer),
            ms(verdict.longestGapMs),
            ms(verdict.latency.p99),
            ms(verdict.latency.p999),
        ]),
    ]);
}

function peersTable(all: readonly Compared[]): string {
    const columns: readonly Column[] = [
        { head: "failed", value: ({ failed }) => failed, show: String },
        { head: "cut", value: ({ cut }) => cut, show: String },
        { head: "stale", value: ({ verdict }) => verdict.stale, show: String },
        { head: "flapping", value: ({ verdict }) => verdict.flapping, show: String },
        { head: "mixed", value: ({ mixedMs }) => mixedMs, show: ms },
        { head: "first new", value: ({ firstNewMs }) => firstNewMs, show: ms },
        { head: "returns", value: ({ acknowledgedMs }) => acknowledgedMs, show: ms },
        {
            head: "requests/s",
            value: ({ steady }) => steady?.rate,
            show: (rate) => rate.toFixed(0),
            moreIsBetter: true,
        },
        { head: "p99", value: ({ steady }) => steady?.p99, show: ms },
        { head: "CPU a request", value: ({ steady }) => steady?.cpuUs, show: (us) => `${us.toFixed(0)} µs` },
    ];
    const measured = columns.filter(({ value }) => all.some((peer) => value(peer) !== undefined));
    const [own] = all;
    const cell = (peer: Compared, { value, show, moreIsBetter = false }: Column) => {
        const [its, ours] = [value(peer), own && value(own)];
        if (its === undefined || ours === undefined) return "";
        // Less than a tenth is no difference on a machine that does other things too.
        const isBetter = moreIsBetter ? its > ours * 1.1 : its < ours * 0.9;
        return show(its) + (isBetter ? " (better)" : "");
    };
    return titled("Side by side: the same servers, the same load", [
        ["way", "flips", ...measured.map(({ head }) => head)],
        ...all.map((peer) => [peer.name, String(peer.flips), ...measured.map((column) => cell(peer, column))]),
    ]);
}

interface Column {
    readonly head: string;
    readonly value: (peer: Compared) => number | undefined;
    readonly show: (value: number) => string;
    readonly moreIsBetter?: boolean;
}

function costTable(all: readonly Cost[]): string {
    const percent = (parts: readonly number[]) => parts.map((part) => `${(part * 100).toFixed(0)} %`).join(", ");
    const columns = ["CPU a request", "of the template's: median, least, most", "requests: median, least, most"];
    return titled("What the config costs, each beside the template on one core", [
        ["nginx with", ...columns],
        ...all.map(({ name, cpuUs, cpuOfTemplate, rateOfTemplate }) => [
            name,
            `${cpuUs.toFixed(1)} µs`,
            percent(cpuOfTemplate),
            percent(rateOfTemplate),
        ]),
    ]);
}

function startTable(all: readonly Start[]): string {
    return titled("The fixed cost of `pulumi up --skip-preview`", [
        ["what", "median", "least", "most"],
        ...all.map(({ name, ms: times }) => [name, ms(median(times)), ms(smallest(times)), ms(largest(times))]),
    ]);
}

function growthTable(sizes: readonly Growth[]): string {
    return titled("Growth", [
        ["servers", "containers", "first up", "up, no change", "deploy", "by docker run", "cutover", "state"],
        ...sizes.map((size) => [
            String(size.servers),
            String(size.containers),
            ms(size.firstUpMs),
            ms(size.noChangeMs),
            ms(size.deployMs),
            ms(size.dockerRunMs),
            ms(size.cutoverMs),
            `${(size.stateBytes / 1024).toFixed(0)} KiB`,
        ]),
    ]);
}

function titled(title: string, rows: readonly (readonly string[])[]): string {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
    const [head = [], ...body] = rows.map(line);
    return [`### ${title}`, "", head, `| ${widths.map((size) => "-".repeat(size)).join(" | ")} |`, ...body]
        .flat()
        .join("\n");
}

function ms(value: number): string {
    if (!Number.isFinite(value)) return "–";
    return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(1)} ms`;
}
