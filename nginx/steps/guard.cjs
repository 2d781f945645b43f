// @ts-check
// Watches nginx being replaced, detached from the `up`, which may be killed at any moment: when the old one is gone and
// no successor stays up, it starts the one that proof.cjs has kept ready. Whoever removes that one calls it off.
const { spawnSync } = require("node:child_process");

const { NGINX = "", BEFORE = "", OLD = "", STANDBY = "", UP = "" } = process.env;
const failed = `${NGINX}-failed`;

/** @param {string[]} args */
function docker(...args) {
    return spawnSync("docker", args, { encoding: "utf8", timeout: 60_000, windowsHide: true });
}

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The containers that matter; undefined when the engine gives no answer. */
function look() {
    const { status, stdout, stderr } = docker("inspect", "--type", "container", OLD, STANDBY, NGINX);
    if (status !== 0 && !/no such (object|container)/i.test(stderr ?? "")) return undefined;
    /** @type {any[]} */
    const found = JSON.parse(stdout || "[]");
    return {
        old: found.find(({ Id }) => Id === OLD),
        standby: found.find(({ Id }) => Id === STANDBY),
        successor: found.find(({ Id, Name }) => Id !== OLD && Id !== STANDBY && Name === `/${NGINX}`),
    };
}

/** Whether the `up` is over: the plugin that ran the proof has ended with it. */
function isOver() {
    try {
        process.kill(Number(UP), 0);
        return false;
    } catch {
        return true;
    }
}

/**
 * What is to be done, and after how many seconds in which nothing has changed.
 *
 * @param {{old: any, successor: any}} seen @param {boolean} over
 * @returns {[what: "keep" | "end" | "restart" | "put back", seconds: number]}
 */
function decide({ old, successor }, over) {
    // A stop that was asked for may still be on its way.
    if (old?.State.Running) return ["end", over ? old.Config.StopTimeout + 5 : 900];
    if (old) return ["restart", over ? 1 : 10];
    if (!successor) return ["put back", over ? 0.5 : 8];
    const { Status, Running, Error } = successor.State;
    if (Error || Status === "restarting" || successor.RestartCount > 0) return ["put back", 0];
    return Running ? ["end", 3] : ["put back", over ? 1 : 8];
}

/** @param {{standby: any, successor: any}} seen */
function putBack({ standby, successor }) {
    if (successor) {
        docker("stop", "-t", "0", successor.Id); // one that restarts can't be renamed
        docker("rm", "-f", failed);
        // Not removed: Pulumi may know it, and couldn't delete it then. If it doesn't, the name is free.
        docker("rename", successor.Id, failed);
    }
    docker("stop", "-t", "0", failed); // Pulumi may have started it meanwhile
    if (standby.Name !== `/${BEFORE}`) {
        docker("rm", "-f", BEFORE);
        docker("rename", STANDBY, BEFORE);
    }
    return docker("start", STANDBY).status === 0;
}

async function guard() {
    process.title = `guard of ${NGINX}`;
    let last = "";
    let since = Date.now();
    let heard = Date.now();
    // An engine that has been away for long has its restart policies; an `up` never takes an hour to get to nginx.
    for (const end = Date.now() + 3600_000; Date.now() < Math.min(end, heard + 300_000); await pause(0.2)) {
        const seen = look();
        if (!seen) {
            await pause(1);
            continue;
        }
        heard = Date.now();
        if (!seen.standby || seen.standby.State.Running) return;
        const [what, seconds] = decide(seen, isOver());
        const state = JSON.stringify([what, seen.old?.State.Status, seen.successor?.State.StartedAt]);
        if (state !== last) [last, since] = [state, Date.now()];
        if (Date.now() - since < seconds * 1000) continue;
        if (what === "end") {
            docker("rm", "-f", STANDBY, failed);
            return;
        }
        if (what === "restart" && docker("start", OLD).status === 0) continue;
        if (putBack(seen)) return;
        await pause(1);
    }
}

void guard();
