// How much a proxy takes when clients ask as fast as they are answered (closed loop, by wrk), and what it costs.
import { cpuOf } from "../cpu.ts";
import { docker } from "../shell.ts";
import { peersImage } from "./image.ts";
import type { Stand } from "./stand.ts";

export interface Throughput {
    /** Requests a second. */
    readonly rate: number;
    /** Milliseconds within which 99 of 100 are answered. */
    readonly p99: number;
    /** CPU time of the proxy, in microseconds a request. */
    readonly cpuUs: number;
    /** Answers other than 2xx and 3xx, and broken connections. */
    readonly failed: number;
}

export interface ThroughputOptions {
    /** The address of the proxy. Default the stand's. */
    readonly host?: string;
    /** The cores that the clients may use, as for `docker run --cpuset-cpus`. Default all. */
    readonly cores?: string;
}

/**
 * Drives a proxy as hard as it goes, over 50 keep-alive connections.
 *
 * @param seconds how long
 */
export async function throughput(
    stand: Stand,
    container: string,
    seconds: number,
    { host = stand.proxy.host, cores }: ThroughputOptions = {},
): Promise<Throughput> {
    const url = `http://${host}:${stand.proxy.port}/`;
    const wrk = ["wrk", "-t1", "-c50", `-d${seconds}s`, "--timeout", "10s", "--latency", url];
    const where = ["--network", stand.name, ...(cores === undefined ? [] : ["--cpuset-cpus", cores])];
    const before = await cpuOf(container);
    const text = await docker("run", "--rm", ...where, peersImage, ...wrk);
    const used = (await cpuOf(container)) - before;
    const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
    const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
    const [, ...counts] = [...broken, /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? "0"];
    return {
        rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
        p99: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? []),
        cpuUs: used / requests,
        failed: counts.reduce((sum, count) => sum + Number(count), 0),
    };
}

function milliseconds([, value, unit]: readonly string[]): number {
    return Number(value) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1);
}
