// Connections that stay open: event streams and WebSockets, each opened again when it has ended.
import { WebSocket } from "ws";
import { now } from "../clock.ts";
import type { Answer } from "./answer.ts";
import { Connection, type Target } from "./connection.ts";
import type { AnswerColor, RequestError, Row } from "./recording.ts";

/** A client that runs until it is stopped. */
export interface Session {
    stop(): void;
}

type Add = (row: Row) => void;

const reopenMs = 100;

/**
 * Keeps an event stream open. Rows: `sse` from the request to the first event, `sse-stream` from there to its end,
 * with the error `ended` when the server completed the answer, and none when the client closed it.
 *
 * @param everyMs milliseconds between two events, @param lastMs milliseconds after which the client closes it
 * @param timeoutMs milliseconds without an event after which it counts as lost
 */
export function keepStreaming(target: Target, everyMs: number, lastMs: number, timeoutMs: number, add: Add): Session {
    return repeat((over) => stream(target, everyMs, lastMs * (0.5 + Math.random()), timeoutMs, add, over));
}

function stream(target: Target, everyMs: number, lastMs: number, timeoutMs: number, add: Add, over: () => void) {
    const scheduled = now();
    const connection = new Connection(target);
    const row = { id: 0, scheduled, sent: scheduled, status: 0, color: "" } as const;
    let opened: Pick<Row, "color" | "scheduled" | "sent"> | undefined;
    let isOver = false;
    const finish = (error?: RequestError) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(silence);
        clearTimeout(life);
        connection.close();
        if (error !== undefined && opened)
            add({ ...row, ...opened, kind: "sse-stream", status: 200, error, end: now() });
        else if (error) add({ ...row, kind: "sse", error, end: now() });
        over();
    };
    let silence = setTimeout(() => finish("timeout"), timeoutMs);
    const life = setTimeout(() => finish(opened ? "" : "timeout"), lastMs);
    const bytes = `GET /events?ms=${everyMs} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n`;
    const onProgress = ({ status, color, body }: Answer) => {
        clearTimeout(silence);
        silence = setTimeout(() => finish("timeout"), timeoutMs + everyMs);
        if (opened || status !== 200 || !body.includes("data:")) return;
        const end = now();
        add({ ...row, kind: "sse", status, color, error: "", end });
        opened = { color, scheduled: end, sent: end };
    };
    const request = { bytes, timeoutMs: lastMs + timeoutMs, keepsBody: true, onProgress };
    connection.ask(request, (outcome) => {
        if (opened) {
            finish(outcome.error || "ended");
            return;
        }
        // No stream, but an answer: a refusal, as a rule.
        add({ ...outcome, kind: "sse", id: 0, scheduled });
        finish();
    });
    return { stop: () => finish(opened ? "" : undefined) };
}

/**
 * Keeps a WebSocket open and expects each message back. Rows: `ws` from the handshake to the server's greeting,
 * `ws-echo` for each message; a connection that the server closes with a close frame is a `ws-echo` that `ended`.
 *
 * @param everyMs milliseconds between two messages, @param lastMs milliseconds after which the client closes it
 * @param timeoutMs milliseconds that greeting and echo may take
 */
export function keepTalking(target: Target, everyMs: number, lastMs: number, timeoutMs: number, add: Add): Session {
    return repeat((over) => talk(target, everyMs, lastMs * (0.5 + Math.random()), timeoutMs, add, over));
}

function talk(target: Target, everyMs: number, lastMs: number, timeoutMs: number, add: Add, over: () => void) {
    const scheduled = now();
    const socket = new WebSocket(`ws://${target.host}:${target.port}/ws`, { handshakeTimeout: timeoutMs });
    let color: AnswerColor | undefined;
    let message: { readonly text: string; readonly sent: number } | undefined;
    let status = 0;
    let count = 0;
    let isOver = false;
    let error: RequestError = "refused";
    const row = { id: 0, status: 101, scheduled, sent: scheduled };
    const finish = (how?: RequestError) => {
        if (isOver) return;
        isOver = true;
        clearInterval(sending);
        clearTimeout(life);
        const end = now();
        if (how !== undefined && color === undefined) add({ ...row, kind: "ws", color: "", status, error: how, end });
        else if (how) {
            const sent = message?.sent ?? end;
            add({ ...row, kind: "ws-echo", color: "", error: how, scheduled: sent, sent, end });
        }
        socket.close(1000);
        setTimeout(() => socket.terminate(), 1000).unref();
        over();
    };
    socket.on("upgrade", () => (error = "closed"));
    socket.on("unexpected-response", (request, response) => {
        status = response.statusCode ?? 0;
        request.destroy();
        finish("");
    });
    socket.on("message", (data: Buffer) => {
        const text = data.toString();
        const end = now();
        if (color === undefined) {
            color = text === "blue" || text === "green" ? text : "";
            add({ ...row, kind: "ws", color, error: "", end });
        } else if (text === message?.text) {
            const { sent } = message;
            add({ ...row, kind: "ws-echo", color: "", error: "", scheduled: sent, sent, end });
            message = undefined;
        } else finish("malformed");
    });
    // 1006 is the library's word for a connection that ended without a close frame.
    socket.on("close", (code) => finish(code === 1006 ? error : "ended"));
    socket.on("error", () => finish(error));
    const sending = setInterval(() => {
        const time = now();
        if (message && time - message.sent > timeoutMs * 1000) finish("timeout");
        if (color === undefined && time - scheduled > timeoutMs * 1000) finish("timeout");
        if (color === undefined || message || isOver) return;
        count += 1;
        message = { text: `message ${count}`, sent: time };
        socket.send(message.text);
    }, everyMs);
    const life = setTimeout(() => finish(color === undefined ? "timeout" : ""), lastMs);
    return { stop: () => finish() };
}

// Keeps one session running at all times, until it is stopped.
function repeat(begin: (over: () => void) => Session): Session {
    let session: Session | undefined;
    let stopped = false;
    const next = () => {
        session = begin(() => {
            session = undefined;
            if (!stopped) timer = setTimeout(next, reopenMs);
        });
    };
    // Not all at once, so that there is always one that is just being opened.
    let timer = setTimeout(next, Math.random() * 1000);
    return {
        stop: () => {
            stopped = true;
            clearTimeout(timer);
            session?.stop();
        },
    };
}
