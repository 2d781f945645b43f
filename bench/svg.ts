// Pictures as plain SVG text: legible in light and dark, without scripts or fonts of their own.
import type { Growth } from "./growth.ts";
import type { Recording } from "./recorder/recording.ts";
import { hasColor, hasFailed, type Cutover } from "./verdict.ts";

const width = 900;
const height = 320;
const margin = { left: 70, right: 160, top: 40, bottom: 45 };
const lineHeight = 15;
const palette = { blue: "#3b7dd8", green: "#2f9e5b", failed: "#d6333f", line: "#888" };

interface Axis {
    readonly from: number;
    readonly to: number;
}

interface Series {
    readonly name: string;
    readonly stroke: string;
    readonly points: readonly (readonly [x: number, y: number])[];
}

interface Picture {
    readonly title: string;
    readonly x: Axis & { readonly label: string; readonly ticks: readonly number[] };
    readonly y: Axis & { readonly label: string; readonly ticks: readonly number[] };
    readonly series: readonly Series[];
    /** Upright lines with a word. */
    readonly marks?: readonly { readonly at: number; readonly text: string; readonly stroke: string }[];
    readonly dots?: readonly (readonly [x: number, y: number])[];
}

/**
 * One cutover: requests a second over the time at which they were sent, by the color that answered, in steps of 20 ms;
 * failed ones as red dots where they failed.
 *
 * @param aroundMs how much of the time before and after the marker's move is shown, in milliseconds
 */
export function cutoverPicture(recording: Recording, cutover: Cutover, aroundMs = 600): string {
    const step = 20;
    const bins = (2 * aroundMs) / step;
    const counts = { blue: new Array<number>(bins).fill(0), green: new Array<number>(bins).fill(0) };
    const dots: [number, number][] = [];
    for (const row of recording.rows()) {
        const failed = hasFailed(row);
        const at = ((failed ? row.end : row.sent) - cutover.moved) / 1000;
        const bin = Math.floor((at + aroundMs) / step);
        if (bin < 0 || bin >= bins) continue;
        if (failed) dots.push([at, 0]);
        else if (hasColor(row)) counts[row.color][bin] = (counts[row.color][bin] ?? 0) + 1000 / step;
    }
    const most = Math.max(100, ...counts.blue, ...counts.green);
    const series = (["blue", "green"] as const).map((color) => ({
        name: color,
        stroke: palette[color],
        points: counts[color].map((count, bin) => [bin * step - aroundMs + step / 2, count] as const),
    }));
    return picture({
        title: `A cutover to ${cutover.to}: requests by when they were sent and which color answered, ${dots.length} failed`,
        x: {
            from: -aroundMs,
            to: aroundMs,
            label: "milliseconds from the marker's move",
            ticks: ticks(-aroundMs, aroundMs, 6),
        },
        y: { from: 0, to: most * 1.05, label: "requests a second", ticks: ticks(0, most, 4) },
        series,
        marks: [
            { at: 0, text: "moved", stroke: palette.line },
            { at: (cutover.acknowledged - cutover.moved) / 1000, text: "reported", stroke: palette.line },
        ],
        dots,
    });
}

/** Times of `pulumi up` in seconds by the number of servers. */
export function growthPicture(sizes: readonly Growth[]): string {
    const points = (value: (size: Growth) => number) =>
        sizes.map((size) => [size.servers, value(size) / 1000] as const);
    const series: Series[] = [
        { name: "first up", stroke: "#8a63d2", points: points(({ firstUpMs }) => firstUpMs) },
        { name: "deploy of one color", stroke: palette.green, points: points(({ deployMs }) => deployMs) },
        { name: "the same by docker run", stroke: "#d08a1d", points: points(({ dockerRunMs }) => dockerRunMs) },
        { name: "cutover", stroke: palette.blue, points: points(({ cutoverMs }) => cutoverMs) },
        { name: "up without a change", stroke: "#4aa3a3", points: points(({ noChangeMs }) => noChangeMs) },
    ];
    const most = Math.max(...series.flatMap((one) => one.points.map(([, y]) => y)));
    const last = Math.max(...sizes.map(({ servers }) => servers));
    return picture({
        title: "Time of `pulumi up` by the number of servers (a blue and a green container each)",
        x: { from: 0, to: last, label: "servers", ticks: sizes.map(({ servers }) => servers) },
        y: { from: 0, to: most * 1.05, label: "seconds", ticks: ticks(0, most, 5) },
        series,
    });
}

/** The names of the lines, each beside the line's end, or below the name before it where two lines end together. */
function names(series: readonly Series[], py: (value: number) => number) {
    let free = 0;
    return series
        .map((one) => ({ ...one, at: py(one.points.at(-1)?.[1] ?? 0) }))
        .sort((a, b) => a.at - b.at)
        .map((one) => {
            const at = Math.max(one.at, free);
            free = at + lineHeight;
            return { ...one, at };
        });
}

function ticks(from: number, to: number, count: number): number[] {
    const rough = (to - from) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
    const first = Math.ceil(from / step);
    return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}

function picture({ title, x, y, series, marks = [], dots = [] }: Picture): string {
    const right = width - margin.right;
    const bottom = height - margin.bottom;
    const px = (value: number) =>
        round(margin.left + ((value - x.from) / (x.to - x.from || 1)) * (right - margin.left));
    const py = (value: number) => round(bottom - ((value - y.from) / (y.to - y.from || 1)) * (bottom - margin.top));
    const text = (at: readonly [number, number], words: string, anchor = "middle", fill = palette.line) =>
        `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}" fill="${fill}">${escape(words)}</text>`;
    const rule = (from: readonly [number, number], to: readonly [number, number], stroke: string, dash = "") =>
        `<path d="M${from.join(" ")}L${to.join(" ")}" stroke="${stroke}" stroke-dasharray="${dash}"/>`;
    const lines = [
        text([margin.left, 18], title, "start"),
        ...x.ticks.map((tick) => text([px(tick), bottom + 18], String(tick))),
        text([(margin.left + right) / 2, height - 8], x.label),
        ...y.ticks.map((tick) => text([margin.left - 8, py(tick) + 4], String(round(tick)), "end")),
        ...y.ticks.map((tick) => rule([margin.left, py(tick)], [right, py(tick)], "#8883")),
        `<text transform="translate(14 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle" fill="${palette.line}">${escape(y.label)}</text>`,
        ...marks.map(({ at, stroke }) => rule([px(at), margin.top], [px(at), bottom], stroke, "4 3")),
        ...marks.map(({ at, text: word }, i) =>
            text([px(at) + (i ? 4 : -4), margin.top + 10], word, i ? "start" : "end"),
        ),
        ...series.map(
            ({ stroke, points }) =>
                `<path d="M${points.map(([a, b]) => `${px(a)} ${py(b)}`).join("L")}" stroke="${stroke}" stroke-width="2" fill="none"/>`,
        ),
        ...names(series, py).map(({ name, stroke, at }) => text([right + 8, at + 4], name, "start", stroke)),
        ...dots.map(([a, b]) => `<circle cx="${px(a)}" cy="${py(b)}" r="4" fill="${palette.failed}"/>`),
    ];
    const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`;
    return `${head}\n${lines.join("\n")}\n</svg>\n`;
}

function escape(text: string): string {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

function round(value: number): number {
    return Math.round(value * 10) / 10;
}
