// @ts-check
// Finds the Docker engine that this user's commands talk to; on Debian or Ubuntu, as root, installs and starts one
// where there is none. An engine that answers is never touched.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { removeLeftovers, runs, textOf } from "./leftovers.mjs";
import { SetupError, probe, run, say, which } from "./lib.mjs";

const DEFAULT_HOSTS = ["unix:///var/run/docker.sock", "unix:///run/docker.sock", "npipe:////./pipe/docker_engine"];
const LOG = "/var/log/dockerd.log";
const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 10_000;
/** Where root's programs are: a PATH from `su` or cron may lack the sbin folders. */
const ADMIN_PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/**
 * Makes sure that a Docker engine answers.
 * @returns {Promise<{dockerHost: string | undefined}>} `dockerHost`: what DOCKER_HOST has to be for programs that know
 * nothing of docker's contexts; undefined when nothing needs to be set
 */
export async function ensureEngine() {
    if (!which("docker")) {
        if (!canInstall()) throw new SetupError(`The docker command is missing. ${howToInstall()}`);
        await installEngine();
    }
    const target = findTarget();
    const first = ask();
    if (first.version) {
        say(`Docker engine ${first.version} answers (${target.from})`);
        return { dockerHost: target.dockerHost };
    }
    if (!target.isDefault) {
        throw new SetupError(
            `No Docker engine answers at ${target.host} (${target.from}): ${first.error}\n` +
                "Start that engine, or use this machine's own: `unset DOCKER_HOST; docker context use default`.",
        );
    }
    if (/permission denied/i.test(first.error)) {
        throw new SetupError(
            "The Docker engine's socket refuses this user. Run `sudo usermod -aG docker $USER`, then log in again.",
        );
    }
    if (!canInstall()) throw new SetupError(`No Docker engine answers at ${target.host}. ${howToInstall()}`);
    await startEngine();
    return { dockerHost: undefined };
}

/** Which engine the docker command would talk to, and who said so. */
function findTarget() {
    const fromEnv = process.env.DOCKER_HOST;
    if (fromEnv) {
        const isDefault = DEFAULT_HOSTS.includes(fromEnv);
        return { host: fromEnv, from: `DOCKER_HOST ${fromEnv}`, isDefault, dockerHost: undefined };
    }
    const context = probe("docker", ["context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}"], {
        timeoutMs: ANSWER_LIMIT_MS,
    });
    if (!context.ok) {
        throw new SetupError(`The current docker context can't be read: ${context.stderr}\nSee \`docker context ls\`.`);
    }
    const [name = "default", host = ""] = context.stdout.split(" ");
    const isDefault = DEFAULT_HOSTS.includes(host);
    const from = isDefault ? "the default socket" : `docker context "${name}", ${host}`;
    return { host, from, isDefault, dockerHost: isDefault ? undefined : host };
}

/** Asks the engine for its version. @returns {{version: string, error: string}} */
function ask() {
    const answer = probe("docker", ["version", "--format", "{{.Server.Version}}"], { timeoutMs: ANSWER_LIMIT_MS });
    return { version: answer.ok ? answer.stdout : "", error: answer.stderr };
}

/** Whether this machine is one where the set-up may install packages. */
export function canInstall() {
    if (process.platform !== "linux" || userInfo().uid !== 0 || !which("apt-get", ADMIN_PATH)) return false;
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(textOf("/etc/os-release"));
}

function howToInstall() {
    if (process.platform === "darwin" || process.platform === "win32") {
        return "Install Docker Desktop (https://docs.docker.com/desktop/) and start it, then run this again.";
    }
    if (which("dockerd", ADMIN_PATH))
        return "Start it, for example `sudo systemctl start docker`, then run this again.";
    if (which("apt-get", ADMIN_PATH)) {
        return "Install one, for example `sudo apt-get install docker.io && sudo usermod -aG docker $USER`, and log in again.";
    }
    return "Install Docker Engine (https://docs.docker.com/engine/install/) and start it, then run this again.";
}

/**
 * Installs Debian packages; refreshes apt's lists only when they turn out to be missing or old.
 * @param {string[]} packages
 */
export async function aptInstall(packages) {
    const started = Date.now();
    const bounds = ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=2"];
    const env = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l", PATH: ADMIN_PATH };
    const lock = ["-o", "DPkg::Lock::Timeout=300"];
    const install = ["install", "-y", "--no-install-recommends", ...lock, ...bounds, ...packages];
    const what = `apt-get install ${packages.join(" ")}`;
    say(`installing ${packages.join(", ")} with apt-get`);
    try {
        await run("apt-get", install, { env, what });
    } catch {
        say("refreshing apt's package lists");
        // A package manager that was killed half-way refuses everything until this is done.
        await run("dpkg", ["--configure", "-a"], { env }).catch(() => undefined);
        // Fails too when an unrelated source of the machine is down; whether it matters, the next line tells.
        await run("apt-get", ["update", ...bounds], { env }).catch(() => undefined);
        await run("apt-get", install, { env, what });
    }
    say(`installed in ${seconds(started)}`);
}

async function installEngine() {
    await aptInstall(["docker.io", "iptables", "ca-certificates"]);
    // From Debian 13 on the client is a package of its own.
    if (!which("docker")) await aptInstall(["docker-cli"]);
}

async function startEngine() {
    if (!which("dockerd", ADMIN_PATH)) await installEngine();
    const started = Date.now();
    /** @type {{code: number | null} | undefined} how a dockerd of ours ended */
    let ended;
    /** @type {number | undefined} where this start's lines begin in the log */
    let logStart;
    if (ask().version) {
        // The package's own script has started it.
    } else if (runs("/var/run/docker.pid", "dockerd")) {
        say("dockerd is running but doesn't answer yet; waiting for it");
    } else {
        await removeLeftovers();
        if (existsSync("/run/systemd/system")) {
            say("starting the Docker engine with systemd");
            await run("systemctl", ["start", "docker"], { timeoutMs: START_LIMIT_MS });
        } else if (textOf("/proc/1/comm").trim() === "init" && existsSync("/etc/init.d/docker")) {
            say("starting the Docker engine with its init script");
            await run("service", ["docker", "start"], { env: { PATH: ADMIN_PATH }, timeoutMs: START_LIMIT_MS });
        } else {
            say(`starting dockerd by hand, there is no init system here; its log is ${LOG}`);
            const daemon = startByHand();
            logStart = daemon.logStart;
            daemon.child.on("exit", (code) => (ended = { code }));
            daemon.child.on("error", () => (ended = { code: null }));
        }
    }
    for (;;) {
        // Read before asking: when ours ended because another set-up was faster, that one's engine answers.
        const over = ended !== undefined && !runs("/var/run/docker.pid", "dockerd");
        const { version, error } = ask();
        if (version) {
            say(`Docker engine ${version} answers (started in ${seconds(started)})`);
            return;
        }
        if (over || Date.now() - started > START_LIMIT_MS) {
            const why = over
                ? `dockerd ended (exit code ${ended?.code})`
                : `no answer in ${START_LIMIT_MS / 1000} s: ${error}`;
            throw new SetupError(`The Docker engine does not start: ${why}\n${endOfLog(logStart)}`);
        }
        await sleep(200);
    }
}

/** Starts dockerd in a session of its own that holds neither this terminal nor this process's pipes open. */
function startByHand() {
    if (existsSync(LOG) && statSync(LOG).size > 20_000_000) renameSync(LOG, `${LOG}.1`);
    const log = openSync(LOG, "a");
    const logStart = statSync(LOG).size;
    // Little of this environment: some CI systems end every process that carries their job's variables.
    const keep = /^(HOME|LANG|DOCKER_RAMDISK|(https?|no|all)_proxy)$/i;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => keep.test(name)));
    const child = spawn(/** @type {string} */ (which("dockerd", ADMIN_PATH)), [], {
        cwd: "/",
        detached: true,
        env: { ...env, PATH: ADMIN_PATH },
        stdio: ["ignore", log, log],
    });
    child.unref();
    closeSync(log);
    return { child, logStart };
}

/** @param {number | undefined} start of the lines of a dockerd that was started by hand */
function endOfLog(start) {
    if (start === undefined) {
        return existsSync("/run/systemd/system") ? "See `journalctl -u docker`." : `See ${LOG} or /var/log/docker.log.`;
    }
    const lines = readFileSync(LOG).subarray(start).toString().trim().split("\n");
    return `The end of ${LOG}:\n${lines.slice(-15).join("\n")}`;
}

/** @param {number} since */
function seconds(since) {
    return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
