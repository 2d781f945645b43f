// @ts-check
// Clears away what a killed Docker engine leaves behind and what would mislead the next one.
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./lib.mjs";

const PID_FILES = [
    ["/var/run/docker.pid", "dockerd"],
    ["/var/run/docker/containerd/containerd.pid", "containerd"],
];
const SOCKETS = ["/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock"];
/** As long as `docker stop` gives a container by default. */
const STOP_GRACE_MS = 10_000;

/**
 * To be called when no dockerd runs. Removes pid files (their number may by now belong to another program, which
 * dockerd would wait for and even kill) and sockets on which nobody listens, and ends containers without an engine.
 */
export async function removeLeftovers() {
    for (const [file = "", program = ""] of PID_FILES) {
        if (existsSync(file) && !runs(file, program)) {
            say(`removing ${file}, left by an engine that was killed`);
            rmSync(file, { force: true });
        }
    }
    for (const socket of SOCKETS.flatMap((file) => [file, `${file}.ttrpc`])) {
        if (existsSync(socket) && !(await listens(socket))) rmSync(socket, { force: true });
    }
    // With this setting containers are meant to outlive the engine, which takes them over again.
    const liveRestore = /"live-restore"\s*:\s*true/.test(textOf("/etc/docker/daemon.json"));
    if (!liveRestore) await stopOrphans();
}

/**
 * Ends the containers that outlived their engine. A starting dockerd would stop them itself, but would then remember
 * them as stopped by hand, and leave those with the restart policy `unless-stopped` down.
 */
async function stopOrphans() {
    const orphans = orphanedContainers();
    if (orphans.length === 0) return;
    say(`ending ${orphans.length} containers that outlived their engine; it starts them again by their restart policy`);
    const limit = Date.now() + STOP_GRACE_MS;
    for (const pid of orphans) signal(pid, "SIGTERM");
    let left = orphans;
    while (left.length > 0 && Date.now() < limit) {
        await sleep(100);
        left = left.filter(alive);
    }
    for (const pid of left) signal(pid, "SIGKILL");
}

/** The first processes of the default engine's containers: the children of its shims. */
function orphanedContainers() {
    const here = linkOf("/proc/self/ns/pid");
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const shims = new Set(
        pids.filter((pid) => {
            const args = textOf(`/proc/${pid}/cmdline`).split("\0");
            if (!/\/containerd-shim/.test(args[0] ?? "") || args[args.indexOf("-namespace") + 1] !== "moby")
                return false;
            // Not those of an engine inside a container, or of a second engine on this machine.
            const address = (args[args.indexOf("-address") + 1] ?? "").replace(/^\/var\/run\//, "/run/");
            return SOCKETS.includes(address) && linkOf(`/proc/${pid}/ns/pid`) === here;
        }),
    );
    return pids
        .filter((pid) => shims.has(/^PPid:\t(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? ""))
        .filter(alive);
}

/** Whether the process of a pid file is alive and that program. @param {string} file @param {string} program */
export function runs(file, program) {
    const pid = String(Number.parseInt(textOf(file), 10));
    return textOf(`/proc/${pid}/comm`).trim() === program && alive(pid);
}

/** A killed process stays as a zombie where nobody reaps it, as without an init. @param {string} pid */
function alive(pid) {
    const state = /^State:\t(\w)/m.exec(textOf(`/proc/${pid}/status`))?.[1];
    return state !== undefined && state !== "Z" && state !== "X";
}

/** @param {string} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
    try {
        process.kill(Number(pid), name);
    } catch {
        // Gone meanwhile: that is what was wanted.
    }
}

/** Whether something accepts connections on a Unix socket. @param {string} path @returns {Promise<boolean>} */
function listens(path) {
    return new Promise((resolve) => {
        const socket = connect(path);
        const end = (/** @type {boolean} */ yes) => {
            socket.destroy();
            resolve(yes);
        };
        socket.once("connect", () => end(true));
        socket.once("error", () => end(false));
    });
}

/** A file's text; empty when there is none. @param {string} file */
export function textOf(file) {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}

/** @param {string} path */
function linkOf(path) {
    try {
        return readlinkSync(path);
    } catch {
        return "";
    }
}
