// The texts of the steps, with what they need to know written in front.
import { readFileSync } from "node:fs";
import { colors, type Color } from "../settings/settings.ts";
import { listenPort, paths, stateDir, statusPort } from "./paths.ts";

/** The steps that run in the nginx container. */
export type StepName = "boot" | "gate" | "proof" | "routes" | "status" | "traffic";

const constants = [
    `dir='${stateDir}'`,
    `pid_file='${paths.pid}'`,
    `listen_port='${listenPort}'`,
    `status_url='http://127.0.0.1:${statusPort}/status'`,
].join("\n");

/** The script of a step, for `sh -c` in the nginx container. */
export function script(name: StepName): string {
    // boot is part of the container: it must not change, and so replace nginx, when a function for the others does.
    return [constants, ...(name === "boot" ? [] : [read("lib.sh"), read("fence.sh")]), read(`${name}.sh`)].join("\n");
}

/**
 * How a step is run from the operator's machine: a program with its arguments, to which the step's title is added
 * (`traffic`, `gate green`), and its environment. The step gets `variables`. No text of ours is among the arguments: the
 * error of a command shows them, and the step's own words would drown.
 */
export function stepRun(name: StepName, nginx: string, variables: Readonly<Record<string, string>>) {
    return {
        command: ["node", "-e", "eval(process.env.RUN)", nginx, ...Object.keys(variables)],
        environment: { ...variables, STEP: script(name), RUN: read("run.cjs") },
    };
}

/** The color that the traffic step said is live. */
export function liveColor(said: string): Color | undefined {
    return colors.find((color) => said.split("\n").includes(`${color} is live`));
}

/** What runs on the operator's machine while nginx is replaced, for `node -e`. */
export function successorProgram(name: "proof" | "guard" | "outcome"): string {
    return read(`${name}.cjs`);
}

// Comments are for the reader of the file, not for each state and each process list.
function read(file: string): string {
    return readFileSync(new URL(`./steps/${file}`, import.meta.url), "utf8").replace(/^\s*(#|\/\/).*\n/gm, "");
}
