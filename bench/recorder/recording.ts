// What a load recorded: a row a request, in typed arrays, so that millions fit and nothing is lost to an average.

/** What made a row; see clients.ts. `sse-stream` and `ws-echo` are what follows on a connection that was opened. */
export const kinds = [
    "busy",
    "think",
    "silent",
    "fresh",
    "post",
    "slow",
    "sse",
    "sse-stream",
    "ws",
    "ws-echo",
] as const;
export type Kind = (typeof kinds)[number];

/**
 * How a request went wrong, "" when it did not: `refused` no connection, `reset` RST, `closed` end before the whole
 * answer, `timeout`, `malformed` not the answer to what was asked. `ended` is no failure: the server said that it
 * ends a long-lived connection (last chunk, close frame) and then did.
 */
export const errors = ["", "refused", "reset", "closed", "timeout", "malformed", "ended"] as const;
export type RequestError = (typeof errors)[number];

/** Who answered; "" when the answer didn't say. */
export const answerColors = ["", "blue", "green"] as const;
export type AnswerColor = (typeof answerColors)[number];

/** One request. */
export interface Row {
    readonly kind: Kind;
    readonly color: AnswerColor;
    readonly error: RequestError;
    /** The HTTP status, 0 without an answer. */
    readonly status: number;
    /** When it was due; latency counts from here. Microseconds on the clock of clock.ts, as the next two. */
    readonly scheduled: number;
    /** When its first byte was sent. */
    readonly sent: number;
    /** When its answer was complete, or it failed. */
    readonly end: number;
    /** The number that a POST carried, 0 for others. */
    readonly id: number;
}

/** The rows as columns, which a worker process can hand over as they are. */
export interface Columns {
    readonly length: number;
    readonly kind: Uint8Array;
    readonly color: Uint8Array;
    readonly error: Uint8Array;
    readonly status: Uint16Array;
    readonly scheduled: Float64Array;
    readonly sent: Float64Array;
    readonly end: Float64Array;
    readonly id: Uint32Array;
}

/** A growing list of rows. */
export class Recording {
    private columns: Columns;

    /** @param columns what another process recorded */
    constructor(columns: Columns = allocate(4096)) {
        this.columns = columns;
    }

    /** A recording of given rows; a field that is left out is that of a good, unspecific answer. */
    static of(rows: readonly Partial<Row>[]): Recording {
        const recording = new Recording();
        for (const row of rows) {
            const { kind = "busy", color = "", error = "", status = 200, sent = 0, end = sent, id = 0 } = row;
            recording.add({ kind, color, error, status, scheduled: row.scheduled ?? sent, sent, end, id });
        }
        return recording;
    }

    get length(): number {
        return this.columns.length;
    }

    add(row: Row): void {
        const at = this.columns.length;
        if (at === this.columns.kind.length) this.columns = grow(this.columns);
        const columns = this.columns as { -readonly [Name in keyof Columns]: Columns[Name] };
        columns.kind[at] = kinds.indexOf(row.kind);
        columns.color[at] = answerColors.indexOf(row.color);
        columns.error[at] = errors.indexOf(row.error);
        columns.status[at] = row.status;
        columns.scheduled[at] = row.scheduled;
        columns.sent[at] = row.sent;
        columns.end[at] = row.end;
        columns.id[at] = row.id;
        columns.length = at + 1;
    }

    row(at: number): Row {
        const { kind, color, error, status, scheduled, sent, end, id } = this.columns;
        return {
            kind: kinds[kind[at] ?? 0] ?? "busy",
            color: answerColors[color[at] ?? 0] ?? "",
            error: errors[error[at] ?? 0] ?? "",
            status: status[at] ?? 0,
            scheduled: scheduled[at] ?? 0,
            sent: sent[at] ?? 0,
            end: end[at] ?? 0,
            id: id[at] ?? 0,
        };
    }

    /** All rows, one after the other, in the order in which they ended. */
    *rows(): Generator<Row> {
        for (let at = 0; at < this.length; at += 1) yield this.row(at);
    }

    /** The columns, cut to what is in use. */
    toColumns(): Columns {
        return resize(this.columns, this.length);
    }
}

function allocate(size: number): Columns {
    return {
        length: 0,
        kind: new Uint8Array(size),
        color: new Uint8Array(size),
        error: new Uint8Array(size),
        status: new Uint16Array(size),
        scheduled: new Float64Array(size),
        sent: new Float64Array(size),
        end: new Float64Array(size),
        id: new Uint32Array(size),
    };
}

function grow(columns: Columns): Columns {
    return resize(columns, columns.kind.length * 2);
}

function resize(columns: Columns, size: number): Columns {
    const next = allocate(size);
    const { length, ...arrays } = columns;
    const names = Object.keys(arrays) as (keyof typeof arrays)[];
    for (const name of names) next[name].set(columns[name].subarray(0, Math.min(length, size)));
    return { ...next, length };
}
