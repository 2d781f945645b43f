// @ts-check
// Before nginx is replaced, on the operator's machine: its successor is tried, and what serves now is kept ready as a
// container that was never started, with a guard (guard.cjs) that starts it should the successor fail all the same.
const { spawn, spawnSync } = require("node:child_process");

const { NGINX = "", BEFORE = "", WANTED = "{}", BOOT = "", VOLUME = "", CHECK = "", GUARD = "" } = process.env;
const wanted = JSON.parse(WANTED);
const tried = `${NGINX}-tried`;
const standby = `${NGINX}-standby`;

/** @param {string[]} args */
function docker(...args) {
    const { status, stdout, stderr, error } = spawnSync("docker", args, { encoding: "utf8", timeout: 120_000 });
    return { status, ok: status === 0, stdout: stdout ?? "", stderr: `${stderr ?? ""}${error?.message ?? ""}`.trim() };
}

/** @param {string} reason @returns {never} */
function refuse(reason) {
    console.error(reason);
    console.error("nginx was not touched.");
    process.exit(1);
}

/** @param {string} name */
function inspect(name) {
    const { stdout } = docker("inspect", "--type", "container", name);
    return JSON.parse(stdout || "[]")[0];
}

/** Whether a container is what Pulumi would make. @param {any} container */
function isWanted({ Config, HostConfig, State }) {
    return (
        State.Running &&
        Config.Labels[wanted.digestLabel] === wanted.digest &&
        Config.Cmd?.at(-1) === BOOT &&
        Config.StopTimeout === wanted.stopGraceSeconds &&
        HostConfig.Memory === wanted.memoryMb * 2 ** 20
    );
}

/** @param {any} container @returns {{address: string, port: string}} */
function publishedBy({ HostConfig }) {
    const [binding] = Object.values(HostConfig.PortBindings ?? {}).flat();
    return { address: binding?.HostIp || "0.0.0.0", port: binding?.HostPort ?? "" };
}

/** @param {any} old */
function tryImage(old) {
    const now = old && publishedBy(old);
    // Where ours holds the port, any other of the address tells whether the engine can publish there.
    const port = now?.port === String(wanted.port) ? "" : wanted.port;
    docker("rm", "-f", tried);
    const { ok, status, stderr } = docker(
        ...["run", "--rm", "--name", tried, "--pull", "never", "--entrypoint", "sh", ...wanted.options],
        // Nothing listens on it: nobody takes the trial for the service.
        ...["--publish", `${wanted.bindAddress}:${port}:9`],
        ...["--mount", `type=volume,source=${VOLUME},target=/before,readonly,volume-nocopy`],
        ...["--env", `BOOT=${BOOT}`, "--env", `LEAST=${wanted.least}`, wanted.image, "-c", CHECK],
    );
    if (ok) return;
    docker("rm", "-f", tried);
    if (/cannot assign requested address/.test(stderr)) {
        refuse(
            `bindAddress ${wanted.bindAddress} is no address of the engine's machine. Choose one that it has:\n` +
                `  pulumi config set bindAddress ${now?.address ?? "0.0.0.0"}`,
        );
    }
    if (/port is already allocated|address already in use|ports are not available/.test(stderr)) {
        refuse(
            `port ${wanted.port} on ${wanted.bindAddress} is in use. Stop what uses it, or choose another:\n` +
                `  pulumi config set port ${now?.port ?? wanted.port + 1}`,
        );
    }
    const reason = /"sh": executable file not found/.test(stderr) ? "it has no sh" : stderr;
    if (status === 125) refuse(`The engine can't start ${wanted.image} as nginx: ${stderr}`);
    refuse(
        `nginxImage ${wanted.image} can't be used: ${reason}.\n` +
            `Choose nginx ${wanted.least} or newer, with sh, curl and flock (the official images have them):\n` +
            `  pulumi config ${old ? `set nginxImage ${old.Config.Image}` : "rm nginxImage"}`,
    );
}

/** Makes a container like another, ready to be started. @param {any} old */
function keepReady({ Config, HostConfig, Image, NetworkSettings }) {
    const { RestartPolicy, LogConfig } = HostConfig;
    /** @param {string} option @param {string | number | null | undefined} value */
    const option = (option, value) => (value ? [option, `${value}`] : []);
    /** @param {string} name @param {string[] | null | undefined} values */
    const each = (name, values) => (values ?? []).flatMap((value) => [name, value]);
    /** @param {object | null | undefined} map */
    const pairs = (map) => Object.entries(map ?? {}).map(([key, value]) => `${key}=${value}`);
    const [network, endpoint] = Object.entries(NetworkSettings.Networks)[0] ?? [];
    const ports = Object.entries(HostConfig.PortBindings ?? {}).flatMap(([inside, bindings]) =>
        bindings.map((/** @type {any} */ { HostIp, HostPort }) => `${HostIp}:${HostPort}:${inside}`),
    );
    const [entrypoint, ...rest] = Config.Entrypoint ?? [];
    const named = docker("image", "inspect", "--format", "{{.Id}}", Config.Image).stdout.trim() === Image;
    docker("rm", "-f", standby);
    const made = docker(
        ...["create", "--name", standby, "--pull", "never"],
        ...option("--entrypoint", entrypoint),
        ...each("--label", pairs(Config.Labels)),
        ...each("--env", Config.Env),
        ...option("--user", Config.User),
        ...each("--volume", HostConfig.Binds),
        ...option("--network", network),
        ...option("--ip", endpoint?.IPAMConfig?.IPv4Address),
        ...each("--publish", ports),
        ...option("--memory", HostConfig.Memory),
        ...option("--memory-swap", HostConfig.MemorySwap),
        ...option("--pids-limit", HostConfig.PidsLimit),
        ...option("--stop-signal", Config.StopSignal),
        ...option("--stop-timeout", Config.StopTimeout),
        ...option("--restart", RestartPolicy.Name),
        ...each("--cap-drop", HostConfig.CapDrop),
        ...each("--cap-add", HostConfig.CapAdd),
        ...each("--security-opt", HostConfig.SecurityOpt),
        ...option("--log-driver", LogConfig.Type),
        ...each("--log-opt", pairs(LogConfig.Config)),
        // A tag may have moved meanwhile.
        ...[named ? Config.Image : Image, ...rest, ...(Config.Cmd ?? [])],
    );
    if (!made.ok) refuse(`What serves now can't be kept ready for the case that its successor fails: ${made.stderr}`);
    return made.stdout.trim();
}

const before = inspect(BEFORE);
const nginx = inspect(NGINX);
if (nginx && !before?.State.Running && isWanted(nginx)) {
    console.log(`${NGINX} is as it should be`);
} else {
    const old = before?.State.Running ? before : nginx;
    tryImage(old);
    if (!old?.State.Running) {
        console.log(`${wanted.image} works as nginx`);
    } else {
        const id = keepReady(old);
        const env = { ...process.env, OLD: old.Id, STANDBY: id, UP: String(process.ppid) };
        spawn(process.execPath, ["-e", GUARD], { detached: true, stdio: "ignore", windowsHide: true, env }).unref();
        console.log(
            `${wanted.image} works as nginx. Should it fail all the same, what serves now is put back (${id.slice(0, 12)})`,
        );
        if (old === before) {
            // It has the address of the one that is to come. The guard sees it go.
            docker("stop", BEFORE);
            docker("rm", "-f", BEFORE);
        }
    }
}
