import assert from "node:assert/strict";
import { parseContainers, parseStatus } from "../../engine/read.ts";
import { nothingLive, type Live } from "../../plan/live.ts";
import { plan } from "../../plan/plan.ts";
import { nginxContainer, poolContainers, poolImage } from "../../plan/pool.ts";
import { OperatorError } from "../../settings/problems.ts";
import { colors, type Color, type Settings } from "../../settings/settings.ts";
import { service, settingsOf } from "../support/settings.ts";

/** The service as an `up` with these settings left it. */
function liveAfter(settings: Settings, color: Color = settings.activeColor): Live {
    const nginx = nginxContainer(settings, service);
    const servers = colors.flatMap((pool) => poolContainers(settings, service, pool));
    const common = { running: true, port: "", subnet: "", color: "" };
    return {
        containers: [
            { ...common, name: nginx.name, image: settings.nginxImage, digest: nginx.digest, subnet: settings.subnet },
            ...servers.map(({ name, image, digest, labels }) => ({
                ...common,
                name,
                image,
                digest,
                color: labels["blue-green.color"]!,
                port: String(settings.blue.containerPort),
            })),
        ],
        nginx: {
            color,
            generation: "g1",
            traffic: { reached: color, repair: "t" },
            routes: { reached: "g1", repair: "r" },
        },
    };
}

function planOf(before: Record<string, string>, after: Record<string, string>) {
    return plan(settingsOf(after), service, liveAfter(settingsOf(before)), () => "new");
}

function refusalOf(before: Record<string, string>, after: Record<string, string>): string {
    try {
        planOf(before, after);
    } catch (error) {
        assert.ok(error instanceof OperatorError);
        return error.message;
    }
    return "";
}

describe("plan", () => {
    it("lets a first up through", () => {
        assert.deepEqual(
            plan(settingsOf(), service, nothingLive, () => "new"),
            {
                trafficRepair: "",
                routesRepair: "",
                warnings: [],
            },
        );
    });

    it("keeps the names of earlier repairs when nothing drifted, so that nothing changes", () => {
        assert.deepEqual(planOf({}, {}), { trafficRepair: "t", routesRepair: "r", warnings: [] });
    });

    it("lets the idle color change", () => {
        assert.equal(refusalOf({}, { greenImage: "shop:3" }), "");
        assert.equal(refusalOf({}, { greenImage: "" }), "");
    });

    it("refuses to change the image of the color that is serving, with what to type instead", () => {
        const refusal = refusalOf({}, { blueImage: "shop:9" });
        assert.match(refusal, /blue is serving: its image can't change from shop:1 to shop:9/);
        assert.match(refusal, /pulumi config set blueImage shop:1\n/);
        assert.match(refusal, /pulumi config set greenImage shop:9 && pulumi up\n/);
        assert.match(refusal, /pulumi config set activeColor green && pulumi up/);
    });

    const changes: Record<string, string>[] = [
        { command: '["x"]' },
        { env: '{"A":"1"}' },
        { stopGraceSeconds: "5" },
        { limits: '{"pids":99}' },
        { blueLimits: '{"memoryMb":99}' },
        { blueEnv: '{"A":"1"}' },
    ];
    for (const change of changes) {
        it(`refuses to change ${Object.keys(change).join()} under traffic, unless the traffic moves in the same up`, () => {
            assert.match(refusalOf({}, change), /give the new values to green\n(.*\n)+.*activeColor green/);
            assert.equal(refusalOf({}, { ...change, activeColor: "green" }), "");
            assert.match(planOf({}, { ...change, activeColor: "green" }).warnings.join(), /rollback will be to those/);
        });
    }

    it("lets the idle color have anything of its own, and says nothing of a rollback when it is cut over to", () => {
        const own = {
            greenCommand: '["x"]',
            greenEnv: '{"A":"1"}',
            greenLimits: '{"pids":99}',
            greenContainerPort: "3000",
        };
        assert.equal(refusalOf({}, own), "");
        assert.deepEqual(planOf(own, { ...own, activeColor: "green" }).warnings, []);
    });

    it("takes a value that moves from one color's own to both for no change", () => {
        assert.equal(refusalOf({ blueEnv: '{"A":"1"}' }, { env: '{"A":"1"}' }), "");
    });

    it("names the image to deploy when the idle color has none", () => {
        assert.match(
            refusalOf({ greenImage: "" }, { greenImage: "", command: '["x"]' }),
            /config set greenImage shop:1\n/,
        );
    });

    it("goes by what nginx serves, not by what was asked for last", () => {
        const live = liveAfter(settingsOf(), "green");
        assert.throws(
            () => plan(settingsOf({ activeColor: "green", greenImage: "shop:7" }), service, live, () => "new"),
            /green is serving/,
        );
    });

    it("lets both colors change together with the cutover", () => {
        assert.equal(refusalOf({}, { activeColor: "green", greenImage: "shop:3", blueImage: "shop:3" }), "");
    });

    it("lets servers, testers, health and timeouts change", () => {
        assert.equal(
            refusalOf(
                {},
                { servers: "4", testers: '["10.0.0.0/8"]', health: '{"path":"/x"}', timeouts: '{"readSeconds":9}' },
            ),
            "",
        );
        assert.equal(refusalOf({ servers: "4" }, { servers: "1" }), "");
    });

    it("refuses another containerPort or subnet while the service runs, cutover or not", () => {
        assert.match(
            refusalOf({}, { containerPort: "3000", activeColor: "green" }),
            /config set blueContainerPort 8080\n.*greenContainerPort 3000/,
        );
        assert.match(
            refusalOf({}, { subnet: "10.9.0.0/24", activeColor: "green" }),
            /config set subnet 10\.231\.77\.0\/24/,
        );
    });

    it("warns when nginx itself is replaced", () => {
        assert.match(planOf({}, { port: "81" }).warnings.join(), /nginx is replaced/);
    });

    it("has the step run again whose record and nginx disagree, or that has no record", () => {
        const settings = settingsOf();
        const { nginx, containers } = liveAfter(settings);
        const drifted = { containers, nginx: { ...nginx!, traffic: { reached: "green", repair: "t" } } };
        assert.equal(plan(settings, service, drifted, () => "new").trafficRepair, "new");
        const lost = { containers, nginx: { ...nginx!, traffic: undefined, routes: undefined } };
        assert.deepEqual(
            plan(settings, service, lost, () => "new"),
            { trafficRepair: "new", routesRepair: "new", warnings: [] },
        );
        const reloaded = { containers, nginx: { ...nginx!, generation: "by hand" } };
        assert.equal(plan(settings, service, reloaded, () => "new").routesRepair, "new");
    });
});

describe("pool", () => {
    it("keeps the digest that containers have from before limits were in it, as long as these are the default", () => {
        const [first] = poolContainers(settingsOf(), service, "blue");
        assert.equal(first?.digest, "102ce45f7308");
        const [other] = poolContainers(settingsOf({ limits: '{"pids":511}' }), service, "blue");
        assert.notEqual(other?.digest, first.digest);
    });

    it("has a container a server, with name, address, command, env and labels of its own", () => {
        const settings = settingsOf({ command: '["run","--color={{color}}"]', env: '{"B":"2","A":"{{server}}"}' });
        const [first, second] = poolContainers(settings, service, "green");
        assert.equal(second?.name, "blue-green-test-server2-green");
        assert.equal(second.address, "10.231.77.13");
        assert.deepEqual(second.command, ["run", "--color=green"]);
        assert.deepEqual(second.envs, ["A=server2", "B=2"]);
        assert.equal(second.labels["blue-green.version"], "2");
        assert.equal(second.labels["blue-green.stack"], "test");
        assert.notEqual(first?.digest, second.digest);
    });

    it("is empty without an image", () => {
        assert.deepEqual(poolContainers(settingsOf({ greenImage: "" }), service, "green"), []);
    });

    it("names a built image after its content", () => {
        const settings = settingsOf({
            greenBuild: '{"context":"."}',
            greenImage: "team/shop",
            blueBuild: '{"context":"."}',
        });
        assert.equal(poolImage(settings, "green"), "team/shop:latest-0123456789ab");
        assert.equal(poolImage(settings, "blue"), "shop:1-0123456789ab");
    });
});

describe("what the engine says", () => {
    it("is read from the listing of containers", () => {
        assert.deepEqual(
            parseContainers(
                "x-server1-blue\trunning\tshop:1\tblue\td1\t8080\t\nx-nginx\texited\tnginx:1\t\td2\t\t10.0.0.0/24\n",
            ),
            [
                {
                    name: "x-server1-blue",
                    running: true,
                    image: "shop:1",
                    color: "blue",
                    digest: "d1",
                    port: "8080",
                    subnet: "",
                },
                {
                    name: "x-nginx",
                    running: false,
                    image: "nginx:1",
                    color: "",
                    digest: "d2",
                    port: "",
                    subnet: "10.0.0.0/24",
                },
            ],
        );
        assert.deepEqual(parseContainers(""), []);
    });

    it("is read from the status step, records with and without a repair", () => {
        assert.deepEqual(parseStatus("live=green\ngeneration=g\nworker=7\ntraffic=green abc\nroutes=g \n"), {
            color: "green",
            generation: "g",
            traffic: { reached: "green", repair: "abc" },
            routes: { reached: "g", repair: "" },
        });
        assert.equal(parseStatus(""), undefined);
    });
});
