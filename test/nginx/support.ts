// A load balancer and its pools on the real engine, made as the components make them but without Pulumi.
import assert from "node:assert/strict";
import { nginxMemoryMb } from "../../nginx/memory.ts";
import { stateDir, listenPort } from "../../nginx/paths.ts";
import { poolCheck, poolCheckDigest } from "../../nginx/pool-check.ts";
import { renderRoutes } from "../../nginx/render.ts";
import { script, stepRun, type StepName } from "../../nginx/steps.ts";
import { digestOf, nginxContainer, poolContainers, type ContainerSpec } from "../../plan/pool.ts";
import { AddressPlan } from "../../settings/addresses.ts";
import { colors, type Color, type Settings } from "../../settings/settings.ts";
import { freePort } from "../support/port.ts";
import { settingsOf } from "../support/settings.ts";
import { docker, freeSubnet, labelled, run, start, type Ran } from "./engine.ts";

const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];
const guarded = [
    ...["--security-opt", "no-new-privileges:true", "--cap-drop", "ALL"],
    ...capabilities.flatMap((name) => ["--cap-add", name]),
    ...["--restart", "unless-stopped", ...labelled],
];
const same = (text: string): string => text;
let count = 0;

/** How a stand differs from one with two demo servers a color. */
export interface StandOptions {
    /** Settings by key. */
    readonly settings?: Record<string, string>;
    /** A program for `node -e` that the servers run in the demo server's place. */
    readonly program?: string;
    /** Seconds that the nginx container takes before its start. */
    readonly bootDelay?: number;
    /** Memory of the nginx container, in MiB. */
    readonly memoryMb?: number;
    /** nginx only; the rest is left to the test. */
    readonly bare?: boolean;
}

/** How a step is begun. */
export interface StepOptions {
    readonly input?: string;
    /** Changes its script. */
    readonly script?: (text: string) => string;
    /** The step's name for its errors. */
    readonly title?: string;
    /** What its program on the operator's machine knows besides. */
    readonly environment?: Record<string, string>;
}

/** nginx in front of a blue and a green pool. */
export class Stand {
    readonly settings: Settings;
    readonly port: number;
    readonly name: string;
    readonly nginx: string;
    readonly addresses: AddressPlan;
    private readonly options: StandOptions;

    private constructor(options: StandOptions, port: number, subnet: string) {
        count += 1;
        this.name = `bg-nginx-test-${process.pid}-${count}`;
        this.options = options;
        this.port = port;
        this.settings = settingsOf({
            blueImage: "demo-server:0.0.1",
            greenImage: "demo-server:0.0.2",
            command: options.program ? "[]" : '["node","/server.cjs","--deployment={{color}}"]',
            env: '{"SERVER":"{{server}}","DEPLOYMENT":"{{color}}"}',
            health: '{"path":"/healthz","successes":1,"timeoutSeconds":10}',
            bindAddress: "127.0.0.1",
            port: String(port),
            subnet,
            ...options.settings,
        });
        this.nginx = nginxContainer(this.settings, this).name;
        this.addresses = new AddressPlan(subnet);
    }

    /** The stack's name, for the functions of plan/pool.ts. */
    get stack(): string {
        return this.name;
    }

    static async start(options: StandOptions = {}): Promise<Stand> {
        const stand = new Stand(options, await freePort(), await freeSubnet());
        await Promise.all([
            docker("network", "create", ...labelled, "--subnet", stand.settings.subnet, stand.name),
            docker("volume", "create", ...labelled, stand.name),
        ]);
        const servers = options.bare ? [] : colors.flatMap((color) => stand.pool(color));
        await Promise.all([stand.startNginx(), ...servers.map((spec) => stand.startServer(spec))]);
        if (!options.bare) await stand.reset();
        return stand;
    }

    /** What the components ask for, of one color. */
    pool(color: Color): ContainerSpec[] {
        return poolContainers(this.settings, this, color);
    }

    /** The name of a server's container. */
    server(color: Color, server = 1): string {
        return this.pool(color)[server - 1]!.name;
    }

    /** Begins a step as the components do. */
    begin(step: StepName, variables: Record<string, string>, options: StepOptions = {}) {
        const { input, script: edit = same, title = [step, variables.COLOR ?? ""].join(" ").trim() } = options;
        const { command, environment } = stepRun(step, this.nginx, variables);
        const [program, ...args] = [...command, title];
        const env = { ...environment, ...options.environment, STEP: edit(environment.STEP) };
        return start(program, args, env, input);
    }

    /** The routes step, its config or its script changed. */
    routes(settings = this.settings, { config: edit = same, script: editScript = same } = {}): Promise<Ran> {
        const { config, generation } = renderRoutes(settings, this.options.memoryMb);
        const edited = edit(config);
        // A generation is named by its content.
        const name = edited === config ? generation : digestOf(edited);
        const text = edited.replaceAll(generation, name);
        const options = { input: text, script: editScript };
        return this.begin("routes", { GENERATION: name, ATTEMPT: "" }, options).ended;
    }

    /** The gate of a color, for its containers or for others that stand in for them. */
    async gate(color: Color, settings = this.settings[color], { ids = [] as string[], script = same } = {}) {
        const pool = this.pool(color);
        const variables = { COLOR: color, CHECK: poolCheckDigest(settings, pool), ATTEMPT: "" };
        const input = poolCheck(settings, pool, ids.length > 0 ? ids : await this.ids(color));
        return this.begin("gate", variables, { input, script }).ended;
    }

    /** The ids of a color's containers. */
    async ids(color: Color): Promise<string[]> {
        const names = this.pool(color).map(({ name }) => name);
        return (await docker("inspect", "--format", "{{.Id}}", ...names)).split("\n");
    }

    traffic(color: Color, script = same): Promise<Ran> {
        return this.begin("traffic", { ACTIVE_COLOR: color, ATTEMPT: "" }, { script }).ended;
    }

    /** What nginx says that it serves. */
    async status(): Promise<{ live?: string; generation?: string }> {
        const { out } = await run("docker", ["exec", this.nginx, "sh", "-c", script("status")]);
        return Object.fromEntries(out.split("\n").map((line) => line.split("=") as [string, string]));
    }

    /** Runs a script in the nginx container, which must work. */
    inside(command: string): Promise<string> {
        return docker("exec", this.nginx, "sh", "-c", `dir=${stateDir}; ${command}`);
    }

    /** The ids of nginx's workers that take connections, in its container. */
    async workers(): Promise<string[]> {
        const found = await this.inside("grep -lx 'nginx: worker process' -z /proc/[0-9]*/cmdline 2>/dev/null || :");
        return [...found.matchAll(/^\/proc\/(\d+)\//gm)].map((match) => match[1]!);
    }

    /** Makes a color live without the step. */
    live(color: Color): Promise<string> {
        return this.inside(color === "green" ? "touch $dir/live/green" : "rm -f $dir/live/green");
    }

    /** Makes everything as it was at first: all servers up, both colors ready, blue live, the routes in force. */
    async reset(): Promise<void> {
        if (this.options.bare) return;
        const servers = colors.flatMap((color) => this.pool(color)).map(({ name }) => name);
        await docker("start", this.nginx, ...servers);
        const state = await run("docker", [
            "exec",
            this.nginx,
            "sh",
            "-c",
            `cd ${stateDir}; rm -f live/green; cat ready/*`,
        ]);
        const { generation } = await this.status();
        const must = async (step: Promise<Ran>) => {
            const { code, text } = await step;
            assert.equal(code, 0, text);
        };
        // Only what the last file has left otherwise: each step takes its time.
        for (const color of colors) {
            if (!state.out.includes(poolCheckDigest(this.settings[color], this.pool(color))))
                await must(this.gate(color));
        }
        if (generation !== renderRoutes(this.settings, this.options.memoryMb).generation) await must(this.routes());
    }

    private async startNginx(): Promise<void> {
        const { nginxImage, bindAddress } = this.settings;
        const delay = this.options.bootDelay ? `sleep ${this.options.bootDelay}\n` : "";
        await docker(
            ...[
                "run",
                "-d",
                "--name",
                this.nginx,
                ...guarded,
                "--memory",
                `${this.options.memoryMb ?? nginxMemoryMb}m`,
                "--stop-signal",
                "SIGQUIT",
            ],
            ...["--network", this.name, "--ip", this.addresses.nginx, "-v", `${this.name}:${stateDir}`],
            ...["-p", `${bindAddress}:${this.port}:${listenPort}`],
            ...["--entrypoint", "sh", nginxImage, "-c", delay + script("boot")],
        );
    }

    private async startServer(spec: ContainerSpec): Promise<void> {
        const command = this.options.program ? ["node", "-e", this.options.program] : spec.command;
        await docker(
            ...["run", "-d", "--name", spec.name, ...guarded, "--network", this.name, "--ip", spec.address],
            ...spec.envs.flatMap((env) => ["-e", env]),
            ...[spec.image, ...command],
        );
    }
}
