// Reads one HTTP/1.1 answer from the bytes of a connection. Strict: what it can't read is an error, never skipped.
import type { AnswerColor } from "./recording.ts";

const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");
const maxHead = 64 * 1024;

/** An answer on its way. */
export class Answer {
    status = 0;
    /** What the header X-Deployment says. */
    color: AnswerColor = "";
    /** Whether the server closes the connection after it. */
    closes = false;
    complete = false;
    malformed = false;
    /** The body so far, when it is wanted. */
    body = "";
    private pending: Buffer = Buffer.alloc(0);
    private state: "head" | "length" | "chunk size" | "chunk" | "trailer" | "until close" = "head";
    /** Bytes of the body, or of the chunk with its line end, that are still to come. */
    private left = 0;

    /** @param keepsBody whether the body is wanted */
    constructor(private readonly keepsBody: boolean) {}

    /** Takes bytes; `complete` or `malformed` says afterwards whether the answer is over. */
    push(bytes: Buffer): void {
        let data = this.pending.length > 0 ? Buffer.concat([this.pending, bytes]) : bytes;
        while (!this.complete && !this.malformed) {
            const rest = this.step(data);
            if (rest === undefined) break;
            data = rest;
        }
        // Nobody asked for more than one answer.
        if (this.complete && data.length > 0) this.malformed = true;
        this.pending = data;
    }

    /** The connection's orderly end, which completes an answer without a length. */
    end(): void {
        if (this.state === "until close") this.complete = true;
    }

    // Reads what it can and returns what is left; undefined when that needs more bytes.
    private step(data: Buffer): Buffer | undefined {
        switch (this.state) {
            case "head": {
                const at = data.indexOf(headEnd);
                if (at < 0) this.malformed = data.length > maxHead;
                if (at < 0) return undefined;
                this.readHead(data.toString("latin1", 0, at + 2));
                return data.subarray(at + 4);
            }
            case "length":
            case "chunk":
                return this.readBody(data);
            case "chunk size": {
                const at = data.indexOf(lineEnd);
                if (at < 0) return undefined;
                const size = data.toString("latin1", 0, at);
                if (!/^[0-9a-f]+(;.*)?$/i.test(size)) this.malformed = true;
                this.left = Number.parseInt(size, 16) + 2;
                this.state = this.left === 2 ? "trailer" : "chunk";
                return data.subarray(at + 2);
            }
            case "trailer":
                if (data.length < 2) return undefined;
                if (data[0] !== 13 || data[1] !== 10) this.malformed = true;
                this.complete = true;
                return data.subarray(2);
            case "until close":
                this.keep(data, data.length);
                return data.length === 0 ? undefined : data.subarray(data.length);
        }
    }

    private readBody(data: Buffer): Buffer | undefined {
        if (data.length === 0 && this.left > 0) return undefined;
        const taken = Math.min(data.length, this.left);
        // The last two bytes of a chunk are its line end.
        const ofLineEnd = this.state === "chunk" ? Math.max(0, taken - Math.max(0, this.left - 2)) : 0;
        this.keep(data, taken - ofLineEnd);
        this.left -= taken;
        if (this.left === 0) {
            if (this.state === "length") this.complete = true;
            else this.state = "chunk size";
        }
        return data.subarray(taken);
    }

    private keep(data: Buffer, length: number): void {
        if (this.keepsBody) this.body += data.toString("latin1", 0, length);
    }

    private readHead(head: string): void {
        const [, version, status] = /^HTTP\/1\.([01]) (\d{3})[ \r]/.exec(head) ?? [];
        if (status === undefined) {
            this.malformed = true;
            return;
        }
        this.status = Number(status);
        if (this.status >= 100 && this.status < 200) return; // an interim answer; the real one follows
        const color = header(head, "x-deployment");
        if (color === "blue" || color === "green") this.color = color;
        const connection = header(head, "connection")?.toLowerCase();
        this.closes = connection === "close" || (version === "0" && connection !== "keep-alive");
        const length = header(head, "content-length");
        if (header(head, "transfer-encoding")?.toLowerCase() === "chunked") this.state = "chunk size";
        else if (length === undefined && this.status !== 204 && this.status !== 304) {
            this.state = "until close";
            this.closes = true;
        } else {
            this.state = "length";
            this.left = Number(length ?? 0);
            if (!Number.isInteger(this.left)) this.malformed = true;
            if (this.left === 0) this.complete = true;
        }
    }
}

// `head` ends each line, the last one too, with CR LF.
function header(head: string, name: string): string | undefined {
    const match = headerPatterns[name]?.exec(head);
    return match?.[1]?.trim();
}

const headerPatterns: Record<string, RegExp> = Object.fromEntries(
    ["x-deployment", "connection", "content-length", "transfer-encoding"].map((name) => [
        name,
        new RegExp(`\r\n${name}:([^\r]*)`, "i"),
    ]),
);
