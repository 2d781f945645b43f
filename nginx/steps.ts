// The texts of the steps, with what they need to know written in front.
import { readFileSync } from "node:fs";
import { listenPort, paths, stateDir, statusPort } from "./paths.ts";

/** The steps that run in the nginx container. */
export type StepName = "boot" | "gate" | "routes" | "status" | "traffic";

const constants = [
    `dir='${stateDir}'`,
    `pid_file='${paths.pid}'`,
    `listen_port='${listenPort}'`,
    `status_url='http://127.0.0.1:${statusPort}/status'`,
].join("\n");

/** The script of a step, for `sh -c` in the nginx container. */
export function script(name: StepName): string {
    // boot is part of the container: it must not change, and so replace nginx, when a function for the others does.
    return [constants, ...(name === "boot" ? [] : [read("lib.sh")]), read(`${name}.sh`)].join("\n");
}

/** The gate's part that runs on the operator's machine, for `node -e`. */
export function gateProgram(): string {
    return read("gate.cjs");
}

// Comments are for the reader of the file, not for each state and each process list.
function read(file: string): string {
    return readFileSync(new URL(`./steps/${file}`, import.meta.url), "utf8").replace(/^\s*(#|\/\/).*\n/gm, "");
}
