// A small web server to release: says its deployment's name, and behaves like a service that is worth releasing
// without a failed request.
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { createDemo } from "./app.ts";

/** Ends with a message for whoever started it. */
function refuse(message: string): never {
    process.stderr.write(`demo-server: ${message}\n`);
    process.exit(2);
}

function argument(): string | undefined {
    try {
        return parseArgs({ options: { deployment: { type: "string" } } }).values.deployment;
    } catch (error) {
        return refuse(`${(error as Error).message}. The only argument is --deployment=blue`);
    }
}

/** A value that is sent in headers. */
function word(name: string, value: string): string {
    if (/^[\w.+-]{1,128}$/.test(value)) return value;
    return refuse(`${name} is ${JSON.stringify(value)}, but must be a plain word such as blue`);
}

function number(name: string, preset: number, most: number): number {
    const value = process.env[name] || String(preset);
    if (/^\d+$/.test(value) && Number(value) <= most) return Number(value);
    return refuse(`${name} is ${JSON.stringify(value)}, but must be a whole number from 0 to ${most}`);
}

const deployment = word("the deployment", argument() ?? (process.env.DEPLOYMENT || "demo"));
const version = word("VERSION", process.env.VERSION || "dev");
const server = word("SERVER", process.env.SERVER || hostname());
const port = number("PORT", 8080, 65535);
const drainMs = number("DRAIN_SECONDS", 8, 3600) * 1000;
const unhealthy = process.env.UNHEALTHY === "1";

const demo = createDemo({ deployment, version, server, unhealthy, drainMs });
demo.server.on("error", (error) => refuse(`can't listen on port ${port}: ${error.message}`));
demo.server.listen(port, () => {
    const address = demo.server.address();
    const actual = typeof address === "object" && address ? address.port : port;
    process.stdout.write(`demo-server ${version}: ${deployment} on ${server} listens on port ${actual}\n`);
    if (unhealthy) process.stderr.write("demo-server: UNHEALTHY=1 is set, so /healthz answers 503\n");
});

// Whoever read the log may be gone before the last request is: that must not cut it.
for (const log of [process.stdout, process.stderr]) log.on("error", () => undefined);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
        process.stdout.write(`demo-server: ${signal}, draining\n`);
        void demo.drain().then(() => process.exit(0));
    });
}
