import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { BlueGreenService as Service } from "../../components/BlueGreenService.ts";
import { service, settingsOf } from "../support/settings.ts";

interface Registered {
    type: string;
    name: string;
    inputs: Record<string, any>;
}

let registered: Registered[] = [];
/** What the traffic step says is live, when it isn't the color that it was asked for. */
let saidLive: string | undefined;

void pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
        const state = inputs as Record<string, any>;
        registered.push({ type, name, inputs: state });
        const color = name.endsWith("traffic-switch") && (saidLive ?? (state.environment.ACTIVE_COLOR as string));
        return { id: `${name}-id`, state: color ? { ...state, stdout: `${color} is live` } : state };
    },
    call: ({ inputs }) => inputs as Record<string, unknown>,
});

/** Everything that a service with these settings registers. */
async function register(raw: Record<string, string>, nginxAttempt = "") {
    const { BlueGreenService } = await import("../../components/BlueGreenService.ts");
    registered = [];
    const plan = { attempts: { traffic: "", routes: "", blue: "", green: "", nginx: nginxAttempt }, warnings: [] };
    const made = new BlueGreenService(service.name, { settings: settingsOf(raw), service, plan });
    // The idle color's gate is the last to be registered: it waits for everything else.
    await pulumi.runtime.disconnect();
    return made;
}

const named = (name: string) => registered.find((resource) => resource.name === `blue-green-test-${name}`);
const container = "docker:index/container:Container";
const containers = () =>
    registered
        .filter((resource) => resource.type === container)
        .map(({ name }) => name)
        .sort();
const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => void output.apply(resolve));

describe("BlueGreenService", () => {
    it("registers a network, nginx with its volume, a container a color and server, and the steps", async () => {
        await register({});
        assert.deepEqual(containers(), [
            "blue-green-test-nginx",
            "blue-green-test-server1-blue",
            "blue-green-test-server1-green",
            "blue-green-test-server2-blue",
            "blue-green-test-server2-green",
        ]);
        for (const name of [
            "network",
            "lb-config",
            "blue-gate-check",
            "green-gate-check",
            "routes-reload",
            "traffic-switch",
        ]) {
            assert.ok(named(name), name);
        }
        assert.equal(registered.filter(({ type }) => type === "command:local:Command").length, 6);
    });

    it("registers nothing for a color without an image", async () => {
        await register({ greenImage: "" });
        assert.deepEqual(
            registered.filter(({ name }) => name.includes("green-test-green") || name.endsWith("-green")),
            [],
        );
        assert.equal(containers().length, 3);
    });

    it("bounds and restarts each container, and gives it a fixed name and address", async () => {
        await register({ limits: '{"memoryMb":64}', stopGraceSeconds: "7" });
        const { inputs } = named("server2-green")!;
        assert.equal(inputs.restart, "always");
        assert.equal(inputs.memory, 64);
        assert.deepEqual([inputs.stopTimeout, inputs.destroyGraceSeconds], [7, 7]);
        assert.deepEqual(inputs.securityOpts, ["no-new-privileges:true"]);
        assert.deepEqual(inputs.capabilities.drops, ["ALL"]);
        assert.deepEqual(inputs.logOpts, { "max-size": "10m", "max-file": "3" });
        const { BOUNDS } = named("green-gate-check")?.inputs.environment as { BOUNDS: string };
        assert.match(
            BOUNDS,
            /^512 blue-green-test-server1-green-id blue-green-test-server2-green-id\n512 blue-green-test-nginx$/,
        );
        assert.equal(inputs.networksAdvanced[0].ipv4Address, "10.231.77.13");
        assert.equal(inputs.ports, undefined);
    });

    it("publishes nginx only, on the address and port of the settings", async () => {
        await register({ port: "8088", bindAddress: "127.0.0.1" });
        const published = registered
            .filter(({ inputs }) => inputs.ports)
            .map(({ name, inputs }) => [name, inputs.ports]);
        assert.deepEqual(published, [
            ["blue-green-test-nginx", [{ internal: 8080, external: 8088, ip: "127.0.0.1", protocol: "tcp" }]],
        ]);
    });

    it("gives nginx inputs that no deploy and no cutover changes", async () => {
        await register({});
        const ofNginx = () =>
            ["nginx", "lb-successor-proof", "lb-successor-outcome", "routes-reload", "lb-config", "network"].map(named);
        const before = ofNginx();
        assert.ok(!before.includes(undefined));
        await register({ activeColor: "green", blueImage: "shop:8", greenImage: "shop:9", env: '{"A":"b"}' });
        assert.deepEqual(ofNginx(), before);
    });

    it("proves nginx anew when what replaces its container changes, or when one was put back", async () => {
        await register({});
        const before = named("lb-successor-proof")?.inputs.environment;
        const changes: Record<string, string>[] = [
            { port: "81" },
            { nginxImage: "nginx:9" },
            { stopGraceSeconds: "9" },
        ];
        for (const change of changes) {
            await register(change);
            assert.notDeepEqual(named("lb-successor-proof")?.inputs.environment, before, JSON.stringify(change));
        }
        await register({ servers: "5", maxBodySize: "1m" });
        assert.deepEqual(named("lb-successor-proof")?.inputs.environment, before);
        assert.equal(named("nginx")?.inputs.envs, undefined);
        await register({}, "again");
        assert.equal(named("lb-successor-proof")?.inputs.environment.ATTEMPT, "again");
        assert.deepEqual(named("nginx")?.inputs.envs, ["ATTEMPT=again"]);
    });

    it("changes one input of one resource on a cutover", async () => {
        await register({});
        const before = new Map(registered.map((resource) => [resource.name, resource]));
        await register({ activeColor: "green" });
        const changed = registered.filter((resource) => {
            return JSON.stringify(resource.inputs) !== JSON.stringify(before.get(resource.name)?.inputs);
        });
        assert.deepEqual(
            changed.map(({ name }) => name),
            ["blue-green-test-traffic-switch"],
        );
        assert.equal(changed[0]?.inputs.environment.ACTIVE_COLOR, "green");
    });

    it("deploys the active color before the traffic step and the idle color after it", async () => {
        for (const [activeColor, idle] of [
            ["blue", "green"],
            ["green", "blue"],
        ] as const) {
            await register({ activeColor });
            const order = registered.map(({ name }) => name.replace("blue-green-test-", ""));
            const steps = [
                `server1-${activeColor}`,
                `${activeColor}-gate-check`,
                "routes-reload",
                "traffic-switch",
                `server1-${idle}`,
                `${idle}-gate-check`,
            ];
            const places = steps.map((step) => order.indexOf(step));
            assert.deepEqual(
                places,
                [...places].sort((a, b) => a - b),
                order.join(" "),
            );
            assert.ok(!places.includes(-1));
        }
    });

    it("builds an image instead of pulling it when there is a build, under a name of its content", async () => {
        await register({ greenBuild: '{"context":"./app","dockerfile":"D","args":{"V":"2"}}' });
        assert.equal(named("green-image-pull"), undefined);
        const { inputs } = named("green-image-build")!;
        assert.deepEqual(inputs.interpreter, [
            "docker",
            "build",
            "--force-rm",
            "--tag",
            "shop:2-0123456789ab",
            "--file",
            "./app/D",
            "--build-arg",
            "V=2",
        ]);
        assert.equal(inputs.create, "./app");
        assert.equal(named("server1-green")?.inputs.image, "shop:2-0123456789ab");
    });

    it("keeps images and never removes them with a color", async () => {
        await register({});
        const images = registered.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
        assert.deepEqual(
            images.map(({ inputs }) => inputs.keepLocally),
            [true, true, true],
        );
    });

    it("says of the active color what the traffic step said, not what was asked for", async () => {
        saidLive = "blue";
        const made = await register({ activeColor: "green" });
        saidLive = undefined;
        assert.deepEqual([await value(made.activeColor), await value(made.idleColor)], ["blue", "green"]);
    });

    it("gives a gate the ids of its containers, and takes the color from testers when it goes", async () => {
        await register({});
        const { inputs } = named("green-gate-check")!;
        assert.match(inputs.stdin as string, / blue-green-test-server2-green blue-green-test-server2-green-id\n$/);
        assert.deepEqual([inputs.create, inputs.update, inputs.delete], ["gate green", "gate green", "withdraw green"]);
    });

    it("says where the service and the previews are, and what each color runs", async () => {
        const made: Service = await register({ port: "8088", greenImage: "" });
        assert.equal(await value(made.url), "http://localhost:8088/");
        assert.equal((await value(made.previewUrls)).green, "http://localhost:8088/green/");
        assert.deepEqual([await value(made.activeColor), await value(made.idleColor)], ["blue", "green"]);
        assert.deepEqual(await value(made.green), { image: "", containers: [] });
        assert.deepEqual((await value(made.blue)).containers, [
            "blue-green-test-server1-blue",
            "blue-green-test-server2-blue",
        ]);
    });
});
