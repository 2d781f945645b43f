import assert from "node:assert/strict";
import { DockerError } from "../../engine/docker.ts";
import { parseContainers, parseStatus, readLive } from "../../engine/read.ts";
import { poolCheckDigest } from "../../nginx/pool-check.ts";
import { renderRoutes } from "../../nginx/render.ts";
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
    const { generation } = renderRoutes(settings);
    const gate = (pool: Color) => poolCheckDigest(settings[pool], poolContainers(settings, service, pool));
    const common = { state: "running", port: "", subnet: "", color: "" };
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
            generation,
            current: generation,
            records: {
                traffic: { reached: color, attempt: "t" },
                routes: { reached: generation, attempt: "r" },
                blue: { reached: gate("blue"), attempt: "b" },
                green: { reached: gate("green"), attempt: "g" },
            },
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
        const attempts = { traffic: "", routes: "", blue: "", green: "", nginx: "" };
        assert.deepEqual(
            plan(settingsOf(), service, nothingLive, () => "new"),
            { attempts, warnings: [] },
        );
    });

    it("keeps the names of earlier attempts when all is as wanted, so that nothing changes", () => {
        const attempts = { traffic: "t", routes: "r", blue: "b", green: "g", nginx: "" };
        assert.deepEqual(planOf({}, {}), { attempts, warnings: [] });
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

    it("has nginx tried once more when one serves that was put back, and says so", () => {
        const live = liveAfter(settingsOf());
        const containers = live.containers.map((container) => ({
            ...container,
            name: container.name.replace(/nginx$/, "nginx-before"),
        }));
        const { attempts, warnings } = plan(settingsOf(), service, { ...live, containers }, () => "new");
        assert.equal(attempts.nginx, "new");
        assert.match(warnings.join(), /could not be replaced the last time.*nginx-before serves/);
        assert.equal(planOf({}, { port: "81" }).attempts.nginx, "");
    });

    it("warns of each container that is not well, with its log's last word, but not of one that the up replaces or removes", () => {
        const live = liveAfter(settingsOf());
        const sick = { trouble: "restarts", lastLine: "Error: no database" } as const;
        const containers = live.containers.map((container) => ({ ...container, ...sick }));
        const warningsOf = (raw: Record<string, string>) =>
            plan(settingsOf(raw), service, { ...live, containers }, () => "new").warnings;
        assert.equal(warningsOf({}).length, 5);
        assert.match(warningsOf({})[1]!, /test-server1-blue restarts again and again.*ends with: Error: no database$/);
        const green = /server\d-green/;
        assert.ok(!warningsOf({ greenImage: "shop:3" }).some((warning) => green.test(warning)));
        assert.ok(!warningsOf({ greenImage: "" }).some((warning) => green.test(warning)));
        assert.deepEqual(
            warningsOf({ servers: "1" }).map((warning) => warning.split(" ")[0]),
            ["blue-green-test-nginx", "blue-green-test-server1-blue", "blue-green-test-server1-green"],
        );
    });

    describe("has a step run again, by a new attempt", () => {
        const settings = settingsOf();
        const live = liveAfter(settings);
        const nginx = live.nginx!;
        const attemptsOf = (change: Partial<NonNullable<Live["nginx"]>>, wanted = settings) =>
            plan(wanted, service, { ...live, nginx: { ...nginx, ...change } }, () => "new").attempts;
        const kept = { traffic: "t", routes: "r", blue: "b", green: "g", nginx: "" };
        const recorded = (step: keyof typeof kept, reached: string) => ({
            records: { ...nginx.records, [step]: { reached, attempt: kept[step] } },
        });
        /** Whether exactly this step has a new attempt. */
        const again = (step: keyof typeof kept, attempts: typeof kept) => {
            assert.notEqual(attempts[step], kept[step]);
            assert.deepEqual({ ...attempts, [step]: kept[step] }, kept);
        };

        it("whose record was lost", () => {
            const { traffic, routes, blue, green } = attemptsOf({ records: {} });
            assert.deepEqual([traffic, routes, blue, green], ["new", "new", "new", "new"]);
        });

        it("when its record agrees with what is wanted, and nginx does not", () => {
            again("traffic", attemptsOf({ color: "green" }));
            again("routes", attemptsOf({ generation: "by hand" }));
            again("routes", attemptsOf({ current: "left by a kill" }));
        });

        it("when its record agrees with what is there, and neither is what is wanted", () => {
            again("traffic", attemptsOf({ color: "green", ...recorded("traffic", "green") }));
            again("routes", attemptsOf({ generation: "g", current: "g", ...recorded("routes", "g") }));
            again("green", attemptsOf(recorded("green", "another check")));
        });

        it("with the same name in a preview and the up after it, and another one the next time", () => {
            const first = attemptsOf({ color: "green" }).traffic;
            assert.equal(attemptsOf({ color: "green" }).traffic, first);
            const repaired = { records: { ...nginx.records, traffic: { reached: "blue", attempt: first } } };
            assert.equal(attemptsOf(repaired).traffic, first);
            assert.notEqual(attemptsOf({ color: "green", ...repaired }).traffic, first);
        });
    });

    it("warns of a step that is under way", () => {
        const live = liveAfter(settingsOf());
        const { warnings } = plan(
            settingsOf(),
            service,
            { ...live, nginx: { ...live.nginx!, step: "gate green" } },
            () => "",
        );
        assert.match(warnings.join(), /another `pulumi up` is at work in nginx \(gate green\)/);
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
    it("of an nginx that is not there, or not configured yet, is that nothing is served; of any other that can't be asked, nothing at all", async () => {
        const said = (stderr: string) =>
            readLive(
                (...args) => (args[0] === "exec" ? Promise.reject(new DockerError(args, stderr)) : Promise.resolve("")),
                "x",
                true,
            );
        const nothing = [
            "No such container: x-nginx",
            "Container 5f3 is not running",
            "Container 5f3 is restarting, wait",
            "",
        ];
        for (const stderr of nothing) assert.equal((await said(stderr)).nginx, undefined);
        for (const stderr of ["OCI runtime exec failed: cannot allocate memory", "it gives no answer within 5 s"]) {
            await assert.rejects(said(stderr), (error) => {
                return (
                    error instanceof OperatorError &&
                    /can't be asked what it serves: .*\nNothing was changed/.test(error.message)
                );
            });
        }
    });

    it("is read from the listing of containers", () => {
        assert.deepEqual(
            parseContainers(
                "x-server1-blue\trunning\tUp 2 days\tshop:1\tblue\td1\t8080\t\n" +
                    "x-nginx\texited\tExited (1) 3 days ago\tnginx:1\t\td2\t\t10.0.0.0/24\n",
            ),
            [
                {
                    status: "Up 2 days",
                    container: {
                        name: "x-server1-blue",
                        state: "running",
                        image: "shop:1",
                        color: "blue",
                        digest: "d1",
                        port: "8080",
                        subnet: "",
                    },
                },
                {
                    status: "Exited (1) 3 days ago",
                    container: {
                        name: "x-nginx",
                        state: "exited",
                        image: "nginx:1",
                        color: "",
                        digest: "d2",
                        port: "",
                        subnet: "10.0.0.0/24",
                    },
                },
            ],
        );
        assert.deepEqual(parseContainers(""), []);
    });

    it("is read from the status step, records with and without an attempt, and the step under way", () => {
        const text =
            "live=green\ngeneration=g\nworker=7\ncurrent=h\ntraffic=green abc\nroutes=g \ngreen=c d\nstep=gate blue\n";
        assert.deepEqual(parseStatus(text), {
            color: "green",
            generation: "g",
            current: "h",
            records: {
                traffic: { reached: "green", attempt: "abc" },
                routes: { reached: "g", attempt: "" },
                green: { reached: "c", attempt: "d" },
            },
            step: "gate blue",
        });
        assert.equal(parseStatus(""), undefined);
    });
});
