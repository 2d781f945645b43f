// The docker command line, as the program and the operator scripts use it.
import { execFile } from "node:child_process";
import { OperatorError } from "../settings/problems.ts";

/** Runs `docker` and returns what it printed; rejects with DockerError. */
export type Docker = (...args: string[]) => Promise<string>;

/** A docker command that failed; `stderr` says why. */
export class DockerError extends Error {
    constructor(
        args: readonly string[],
        readonly stderr: string,
    ) {
        super(`docker ${args[0] ?? ""}: ${stderr}`);
    }
}

// Enough for a slow engine on the other end of ssh; a read of what is there never takes this long otherwise.
const timeoutMs = 30_000;

/** The docker command line of this machine, with the engine that DOCKER_HOST or the current context names. */
export const docker: Docker = (...args) =>
    new Promise((resolve, reject) => {
        execFile("docker", args, { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
            // A container's standard error is standard error of `docker logs` too.
            if (!error) resolve(args[0] === "logs" ? stdout + stderr : stdout);
            else if (error.code === "ENOENT") reject(new OperatorError(noCommandLine));
            else if (
                /cannot connect to the docker daemon|error during connect|permission denied.*docker/i.test(stderr)
            ) {
                reject(new OperatorError(`${stderr.trim()}\n${noEngine}`));
            } else if (error.killed)
                reject(new OperatorError(`The Docker engine gave no answer in 30 s.\n${noEngine}`));
            else reject(new DockerError(args, stderr.trim()));
        });
    });

const noCommandLine = "There is no `docker` command on PATH. Nothing was changed. Install it, or run `npm start`.";
const noEngine =
    "Nothing was changed. Start the engine (`npm run setup` does on Debian and Ubuntu), or point DOCKER_HOST at one.";
