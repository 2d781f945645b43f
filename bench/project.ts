// A stack of the bench's own, worked as a user does: a folder with the program, `pulumi config set`, `pulumi up`.
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { paths, listenPort, stateDir } from "../nginx/paths.ts";
import type { Color } from "../settings/settings.ts";
import { freePort } from "../test/support/port.ts";
import { now, WallClock } from "./clock.ts";
import { countingServer, Ledger } from "./ledger.ts";
import type { Target } from "./recorder/connection.ts";
import { docker, freeSubnet, removeFromEngine, run, tryRun, undoAtEnd, type Ran } from "./shell.ts";
import type { Cutover } from "./verdict.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const programFiles = ["Pulumi.yaml", "package.json", "tsconfig.json", "index.ts", "config.ts"];
const folders = ["components", "engine", "nginx", "plan", "runtime", "settings"];
let count = 0;

/** Config by path, as `pulumi config set --path` takes it: `activeColor`, `health.path`, `command[0]`. */
export type Config = Readonly<Record<string, string>>;

/** What the bench's stacks begin with. */
export const demoConfig: Config = {
    blueImage: "demo-server:0.0.1",
    greenImage: "demo-server:0.0.1",
    bindAddress: "127.0.0.1",
    stopGraceSeconds: "10",
    "health.path": "/healthz",
    "health.timeoutSeconds": "20",
    "env.DEPLOYMENT": "{{color}}",
    "env.SERVER": "{{server}}",
    "command[0]": "node",
    "command[1]": "-e",
    "command[2]": countingServer,
};

export class Project {
    readonly stack: string;
    /** What begins the names of all containers. */
    readonly name: string;
    readonly folder = mkdtempSync(join(tmpdir(), "blue-green-bench-"));
    private readonly ledger: Ledger;
    private readonly env = {
        PULUMI_BACKEND_URL: `file://${this.folder}/state`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    /** Removes the stack and all that it has on the engine. */
    readonly remove = undoAtEnd(() => this.removeAll());

    private constructor(private readonly givesWay: boolean) {
        count += 1;
        this.stack = `bench-${process.pid}-${count}`;
        this.name = `blue-green-${this.stack}`;
        this.ledger = new Ledger(`${this.name}-server`);
    }

    /**
     * Makes the folder and the stack; nothing is brought up yet.
     *
     * @param givesWay whether `pulumi up` gives way to all else that wants the CPU, as if it ran on the operator's own
     *     machine: for measuring what clients see
     */
    static async create(config: Config = {}, givesWay = false): Promise<Project> {
        const project = new Project(givesWay);
        for (const entry of [...programFiles, ...folders]) {
            cpSync(join(root, entry), join(project.folder, entry), { recursive: true });
        }
        symlinkSync(join(root, "node_modules"), join(project.folder, "node_modules"));
        mkdirSync(join(project.folder, "state"));
        await project.pulumi("stack", "init", project.stack);
        const [port, subnet] = await Promise.all([freePort(), freeSubnet()]);
        await project.set({ ...demoConfig, port: String(port), subnet, ...config });
        return project;
    }

    /** `pulumi config set` of each key. */
    async set(config: Config): Promise<void> {
        const pairs = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
        await this.pulumi("config", "set-all", "--path", ...pairs);
    }

    /** `pulumi up`, which must work. */
    async up(): Promise<Ran> {
        const ran = await this.tryUp();
        if (ran.code !== 0) throw new Error(`pulumi up failed:\n${ran.text}`);
        return ran;
    }

    /** `pulumi up`, whatever comes of it. */
    async tryUp(): Promise<Ran> {
        const up = ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview"];
        const [program = "", ...args] = this.givesWay ? ["nice", "-n", "19", ...up] : up;
        const ran = await tryRun(program, args, this.where);
        await this.ledger.follow();
        return ran;
    }

    /** The ids of the POSTs that the servers executed so far. */
    executed(): Promise<number[]> {
        return this.ledger.executed();
    }

    pulumi(...args: string[]): Promise<Ran> {
        return run("pulumi", ["--non-interactive", ...args], this.where);
    }

    container(role: "nginx" | `server${number}-${Color}`): string {
        return `${this.name}-${role}`;
    }

    /** nginx itself, not the published port: Docker's own proxy on loopback would hide resets and cost CPU. */
    async target(): Promise<Target> {
        const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        return { host: await docker("inspect", "--format", format, this.container("nginx")), port: listenPort };
    }

    /**
     * `pulumi config set activeColor`, `pulumi up`, and when nginx's marker moved and the step reported it: by the times
     * of the files that it writes last. The kernel rounds them down to its last tick, by 4 ms at most as a rule.
     */
    async cutover(to: Color): Promise<Cutover & { readonly upMs: number }> {
        await this.set({ activeColor: to });
        const files = [paths.live, `${stateDir}/traffic`];
        const clock = new WallClock();
        const asked = now();
        const { ms } = await this.up().finally(() => clock.stop());
        const times = await docker("exec", this.container("nginx"), "stat", "-c", "%.9Y", ...files);
        const [moved = NaN, acknowledged = NaN] = times.split("\n").map((time) => clock.at(Number(time)));
        return { to, asked, moved, acknowledged, upMs: ms };
    }

    /** The size of the stack's state, in bytes. */
    stateBytes(): number {
        return statSync(join(this.folder, "state/.pulumi/stacks/blue-green", `${this.stack}.json`)).size;
    }

    private get where() {
        return { cwd: this.folder, env: this.env };
    }

    // Not by `pulumi destroy`, which takes its time and which a killed `up` locks out.
    private async removeAll(): Promise<void> {
        this.ledger.stop();
        const list = async (...kind: string[]) => {
            const names = (await docker(...kind, "--format", kind[0] === "ps" ? "{{.Names}}" : "{{.Name}}")).split(
                "\n",
            );
            return names.filter((name) => name.startsWith(`${this.name}-`));
        };
        try {
            await removeFromEngine({
                containers: await list("ps", "-a"),
                networks: await list("network", "ls"),
                volumes: await list("volume", "ls"),
            });
        } finally {
            rmSync(this.folder, { recursive: true });
        }
    }
}
