// @ts-check
// While Pulumi replaces nginx: waits for what comes of it, and fails when the guard had to put back what was before.
// So the `up` says it, and doesn't end (and with it, on many a CI, all that it has started) before it is done.
const { spawnSync } = require("node:child_process");

const { NGINX = "", BEFORE = "" } = process.env;

/** @param {string[]} args */
function docker(...args) {
    const { stdout, stderr } = spawnSync("docker", args, { encoding: "utf8", timeout: 60_000 });
    return `${stdout ?? ""}${stderr ?? ""}`.trim();
}

/** @param {string} name @returns {any} */
function inspect(name) {
    const text = docker("inspect", "--type", "container", name);
    return text.startsWith("[\n") ? JSON.parse(text.slice(0, text.lastIndexOf("]") + 1))[0] : undefined;
}

const standby = inspect(`${NGINX}-standby`);
const old = inspect(NGINX);
const started = Date.now();
// It may be stopping all the while.
const patience = (15 + (old?.Config.StopTimeout ?? 0)) * 1000;

async function outcome() {
    for (;;) {
        const now = standby && inspect(standby.Id);
        if (!now) return;
        if (now.State.Running) break;
        const waited = Date.now() - started;
        // Pulumi has stopped before it came to nginx.
        if (waited > patience && old && inspect(NGINX)?.Id === old.Id) return;
        if (waited > patience + 60_000) {
            console.error(
                `nginx could not be replaced, nor put back yet: ${now.State.Error || "the engine gives no reason"}`,
            );
            process.exit(1);
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const failed = inspect(`${NGINX}-failed`);
    const words = failed && (failed.State.Error || docker("logs", "--tail", "5", failed.Id));
    if (words) console.error(`The new nginx did not stay up:\n${words.replace(/^/gm, "  | ")}`);
    console.error(
        `nginx could not be replaced: what was there before was put back and serves, as ${BEFORE}.\n` +
            "Mend what is wrong, or set the setting back, then run `pulumi up`.",
    );
    process.exitCode = 1;
}

void outcome();
