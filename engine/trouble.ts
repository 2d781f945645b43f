// Which containers are in trouble, and what their logs say last. Costs nothing while all run for longer than a while.
import type { LiveContainer, Trouble } from "../plan/live.ts";
import { DockerError, type Docker } from "./docker.ts";

/** A container as `docker ps` lists it. */
export interface Listed {
    readonly container: LiveContainer;
    /** The engine's own words, by its own clock: `Up 3 seconds (unhealthy)`. */
    readonly status: string;
}

/** Adds to each container what is wrong with it, if anything is. */
export async function addTroubles(docker: Docker, listed: readonly Listed[]): Promise<LiveContainer[]> {
    const fresh = listed.filter(({ status }) => startedLately(status)).map(({ container }) => container.name);
    const restarts = fresh.length === 0 ? new Map<string, number>() : await restartsOf(docker, fresh);
    return Promise.all(
        listed.map(async ({ container, status }) => {
            const trouble = troubleOf(container.state, status, restarts.get(container.name) ?? 0);
            if (!trouble) return container;
            return { ...container, trouble, lastLine: await lastLine(docker, container.name) };
        }),
    );
}

/**
 * What is wrong with a container. One that was restarted long ago is not in trouble.
 *
 * @param restarts how often the engine has restarted it since somebody started it last
 */
export function troubleOf(state: string, status: string, restarts: number): Trouble | undefined {
    if (state === "restarting" || (restarts > 0 && startedLately(status))) return "restarts";
    if (state !== "running") return "stopped";
    return status.includes("(unhealthy)") ? "unhealthy" : undefined;
}

// Less than ten minutes ago.
function startedLately(status: string): boolean {
    return /^Up (Less than a second|\d+ seconds?|About a minute|\d minutes)\b/.test(status);
}

async function restartsOf(docker: Docker, names: string[]): Promise<Map<string, number>> {
    const format = "{{.Name}}\t{{.RestartCount}}";
    const lines = await docker("inspect", "--type", "container", "--format", format, ...names).catch(nothing);
    return new Map(
        lines.split("\n").map((line) => {
            const [name = "", restarts] = line.split("\t");
            return [name.slice(1), Number(restarts ?? 0)];
        }),
    );
}

async function lastLine(docker: Docker, name: string): Promise<string> {
    return lastOf(await docker("logs", "--timestamps", "--tail", "5", name).catch(nothing));
}

/** The last line of a log with timestamps, fit to be shown in a sentence: short, and without control characters. */
export function lastOf(log: string): string {
    const lines = log
        .split("\n")
        .sort() // standard output and error come one after the other
        .map((line) => line.replace(/^\S+ ?/, "").replace(/\p{Cc}\[[\d;]*[A-Za-z]/gu, ""))
        .map((line) => (line.length > 200 ? `${line.slice(0, 199)}…` : line))
        .map((line) => line.replace(/[\s\p{C}]+/gu, " ").trim());
    return lines.filter((line) => line !== "").at(-1) ?? "";
}

// A container that has gone meanwhile.
function nothing(error: unknown): string {
    if (error instanceof DockerError) return "";
    throw error;
}
