// A stack of its own for a test: the real program, the real CLI, the real engine; its state, its config, its port and
// its subnet are nobody else's, and all of it is gone afterwards.
import assert from "node:assert/strict";
import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { overlaps } from "../../settings/addresses.ts";
import { freePort } from "./port.ts";

/** What a program did. */
export interface Result {
    readonly code: number;
    /** Standard output and error. */
    readonly text: string;
}

/** Config of a stack, by key without namespace. */
export type Config = Record<string, unknown>;

/** What a `pulumi up` did: by operation (create, update, replace, delete), the names of the resources in order. */
export type Changes = Record<string, string[]>;

let count = 0;

/** Runs a program to its end. */
export function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
    return new Promise((resolve) => {
        execFile(program, args, { env: { ...process.env, ...env }, maxBuffer: 1e8 }, (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr });
        });
    });
}

/** Runs docker; fails when it does. */
export function docker(...args: string[]): string {
    const result = spawnSync("docker", args, { encoding: "utf8" });
    assert.equal(result.status, 0, `docker ${args.join(" ")}: ${result.stderr}`);
    return result.stdout.trim();
}

/** Builds an image from a Dockerfile and files beside it. */
export function buildImage(tag: string, dockerfile: string, files: Readonly<Record<string, string>> = {}): void {
    const context = mkdtempSync(join(tmpdir(), "blue-green-image-"));
    try {
        for (const [name, text] of Object.entries({ Dockerfile: dockerfile, ...files })) {
            writeFileSync(join(context, name), text, { mode: 0o755 });
        }
        const result = spawnSync("docker", ["build", "--force-rm", "--tag", tag, context], {
            encoding: "utf8",
            env: { ...process.env, DOCKER_BUILDKIT: "0" },
        });
        assert.equal(result.status, 0, result.stderr);
    } finally {
        rmSync(context, { recursive: true });
    }
}

export class Project {
    readonly name: string;
    port = 0;
    subnet = "";
    private readonly stack: string;
    /** Where its state is. */
    readonly folder = mkdtempSync(join(tmpdir(), "blue-green-e2e-"));
    private readonly configFile = join(this.folder, "config.yaml");
    /** What `pulumi` needs in the environment to find it. */
    readonly env = {
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    /** The change that the stack stands at; "" when the last `up` failed or there was none. */
    private standing = "";
    /** Whether something was changed behind the stack's back, which only a refresh finds. */
    private touched = false;

    constructor() {
        count += 1;
        this.stack = `e2e-${process.pid}-${count}`;
        this.name = `blue-green-${this.stack}`;
    }

    /** Makes the empty stack. */
    async init(): Promise<void> {
        this.port = await freePort();
        this.subnet = freeSubnet();
        // From a copy of the project file, since it writes the stack's config file beside it.
        copyFileSync("Pulumi.yaml", join(this.folder, "Pulumi.yaml"));
        const { code, text } = await this.pulumi("-C", this.folder, "stack", "init", this.stack, "--no-select");
        assert.equal(code, 0, text);
    }

    /** The config that tests begin with: the demo server in both colors, checked quickly. */
    base(): Config {
        return {
            blueImage: "demo-server:0.0.1",
            greenImage: "demo-server:0.0.1",
            env: { DEPLOYMENT: "{{color}}", SERVER: "{{server}}" },
            health: { path: "/healthz", intervalSeconds: 1, successes: 2, timeoutSeconds: 20 },
            stopGraceSeconds: 5,
            port: this.port,
            bindAddress: "127.0.0.1",
            subnet: this.subnet,
        };
    }

    /** Brings the stack to the base config changed by `change`, unless it stands there already. */
    async given(change: Config = {}): Promise<void> {
        if (this.standing === JSON.stringify(change)) return;
        const { code, text } = await this.up(change, this.touched ? ["--refresh"] : []);
        assert.equal(code, 0, text);
    }

    /** `pulumi config set` of the base config changed by `change`, and `pulumi up`. */
    async up(change: Config = {}, options: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Result> {
        this.configure(change);
        this.standing = "";
        const args = ["up", "--yes", "--skip-preview", ...options, ...this.stackOptions()];
        const result = await run("pulumi", ["--non-interactive", "--color", "never", ...args], { ...this.env, ...env });
        hasNoPluginWarning(result.text);
        this.touched = result.code !== 0;
        if (result.code === 0) this.standing = JSON.stringify(change);
        return result;
    }

    /** Begins a `pulumi up`, in a process group of its own. */
    begin(change: Config, env: NodeJS.ProcessEnv = {}): ChildProcess {
        this.configure(change);
        this.disturbed();
        const args = ["--non-interactive", "up", "--yes", "--skip-preview", ...this.stackOptions()];
        const options = { env: { ...process.env, ...this.env, ...env }, detached: true, stdio: "ignore" } as const;
        return spawn("pulumi", args, options);
    }

    /** Takes the lock away that a killed `up` has left, if it has. */
    unlock(): Promise<Result> {
        return this.pulumi("cancel", "--yes", "--stack", this.stack);
    }

    /** An output of the stack. */
    async output(name: string): Promise<string> {
        const { text } = await this.pulumi("stack", "output", name, "--stack", this.stack);
        return text.trim();
    }

    /** `pulumi up` that must work; what it did to resources. */
    async changes(change: Config = {}, ...options: string[]): Promise<Changes> {
        const { code, text } = await this.up(change, ["--json", ...options]);
        assert.equal(
            code,
            0,
            text
                .split("\n")
                .filter((line) => line.includes('"severity":"error"'))
                .join("\n"),
        );
        return changesOf(text, `${this.name}-`);
    }

    /** `pulumi preview` of the base config changed by `change`. */
    async preview(change: Config = {}, ...options: string[]): Promise<Result> {
        this.configure(change);
        this.standing = "";
        const result = await this.pulumi("preview", "--diff", ...options, ...this.stackOptions());
        hasNoPluginWarning(result.text);
        return result;
    }

    /** A secret as the config of this stack holds it. */
    async encrypted(value: string): Promise<{ secure: string }> {
        const file = join(this.folder, "secret.yaml");
        this.configure({}, file);
        const options = ["--stack", this.stack, "--config-file", file];
        const { code, text } = await this.pulumi("config", "set", "--secret", ...options, "blueImage", value);
        assert.equal(code, 0, text);
        const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, { secure: string }> };
        rmSync(file);
        return config["blue-green:blueImage"]!;
    }

    /** Says that a test changed something behind the stack's back, so that the next one starts anew. */
    disturbed(): void {
        this.touched = true;
        this.standing = "";
    }

    pulumi(...args: string[]): Promise<Result> {
        return run("pulumi", ["--non-interactive", "--color", "never", ...args], this.env);
    }

    /** The names of everything that the stack has on the engine. */
    onEngine(): string[] {
        const names = (kind: string[]) =>
            docker(...kind)
                .split("\n")
                .filter((name) => name.startsWith(this.name));
        return [
            ...names(["ps", "-a", "--format", "{{.Names}}"]),
            ...names(["network", "ls", "--format", "{{.Name}}"]),
            ...names(["volume", "ls", "--format", "{{.Name}}"]),
        ].sort();
    }

    /** GET of a path through nginx over a connection of its own; the status, then the body, trimmed. */
    get(path: string): Promise<string> {
        return new Promise((resolve, reject) => {
            const request = get({ host: "127.0.0.1", port: this.port, path, agent: false }, (response) => {
                let body = "";
                response.setEncoding("utf8").on("data", (text: string) => (body += text));
                response.on("end", () => {
                    resolve(`${response.statusCode} ${body.trim()}`);
                });
            });
            request.on("error", reject);
        });
    }

    /** Destroys the stack and, should that fail, all that it has on the engine. */
    async remove(): Promise<void> {
        const { code, text } = await this.pulumi("destroy", "--yes", "--skip-preview", ...this.stackOptions());
        for (const name of this.onEngine().filter((entry) => !/-(network|config)$/.test(entry)))
            docker("rm", "-f", name);
        for (const name of this.onEngine()) docker(name.endsWith("-network") ? "network" : "volume", "rm", name);
        rmSync(this.folder, { recursive: true });
        assert.equal(code, 0, text);
    }

    stackOptions(): string[] {
        return ["--stack", this.stack, "--config-file", this.configFile];
    }

    private configure(change: Config, file = this.configFile): void {
        const config = Object.entries({ ...this.base(), ...change }).filter(([, value]) => value !== undefined);
        const salt = /^encryptionsalt: .*$/m.exec(readFileSync("Pulumi.dev.yaml", "utf8"))?.[0] ?? "";
        const entries = config.map(([key, value]) => [`blue-green:${key}`, value] as const);
        writeFileSync(file, `${salt}\n${stringify({ config: Object.fromEntries(entries) })}`);
    }
}

/** Pulumi's warnings of its plugins would hide the one that counts. */
function hasNoPluginWarning(text: string): void {
    assert.doesNotMatch(text, /using pulumi-\S+ from \$PATH|resource plugin \S+ is expected to have/);
}

interface EngineEvent {
    readonly resOutputsEvent?: { readonly metadata: { readonly op: string; readonly urn: string } };
}

// The engine's events, a line each, tell each resource once it is done.
function changesOf(events: string, prefix: string): Changes {
    const changes: Changes = {};
    for (const line of events.split("\n").filter((text) => text.startsWith("{"))) {
        const metadata = (JSON.parse(line) as EngineEvent).resOutputsEvent?.metadata;
        if (!metadata || /^(same|create-replacement|delete-replaced|refresh)$/.test(metadata.op)) continue;
        const { op, urn } = metadata;
        // Components have nothing of their own on the engine; that they come or go says nothing.
        if (/blue-green:index:\w+::|pulumi:pulumi:Stack|pulumi:providers/.test(urn)) continue;
        (changes[op] ??= []).push((urn.split("::").pop() ?? "").replace(prefix, ""));
    }
    for (const names of Object.values(changes)) names.sort();
    return changes;
}

function freeSubnet(): string {
    const ids = docker("network", "ls", "-q").split("\n");
    const taken = docker("network", "inspect", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", ...ids).split(
        /\s+/,
    );
    const all = Array.from({ length: 250 }, (_, i) => `10.230.${(process.pid + count + i) % 250}.0/24`);
    const free = all.find((subnet) => !taken.some((other) => overlaps(other, subnet)));
    assert.ok(free, "no free subnet for a test");
    return free;
}
