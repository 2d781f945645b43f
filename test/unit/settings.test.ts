import assert from "node:assert/strict";
import { fillPlaceholders } from "../../settings/checks.ts";
import { keys } from "../../settings/config.ts";
import { edgeFields, poolFields } from "../../settings/schema.ts";
import { parsed, problemsOf, settingsOf } from "../support/settings.ts";

const digest = "a".repeat(64);

describe("settings", () => {
    describe("accept", () => {
        for (const image of [
            "shop",
            "shop:1.4.2",
            "registry.example.com:5000/team/shop:1.4",
            `shop@sha256:${digest}`,
            `shop:1@sha256:${digest}`,
            "a.b/c__d/e-f:X_1",
        ]) {
            it(`the image ${image.slice(0, 40)}`, () => {
                assert.equal(settingsOf({ blueImage: image }).blue.image, image);
            });
        }

        it("an empty image: the color has no containers", () => {
            assert.equal(settingsOf({ greenImage: "" }).green.image, "");
        });

        it("numbers as texts, lists and maps as JSON, as Pulumi passes them", () => {
            const settings = settingsOf({
                servers: "3",
                command: '["java","-jar","/spring.jar","--deployment={{color}}"]',
                env: '{"A":"x","N":5,"B":true}',
                health: '{"path":"/up?deep=1","status":"204"}',
                testers: '["loopback","10.0.0.0/8","192.168.1.7","2001:db8::/32"]',
            });
            assert.equal(settings.servers, 3);
            assert.deepEqual(settings.blue.command, ["java", "-jar", "/spring.jar", "--deployment={{color}}"]);
            assert.deepEqual(settings.blue.env, { A: "x", N: "5", B: "true" });
            assert.deepEqual(settings.green.health, {
                ...poolFields.health.default,
                path: "/up?deep=1",
                status: "204",
            });
            assert.equal(settings.testers.length, 4);
        });

        for (const prefix of ["", "/_preview", "/a-b/~c.d/..e"]) {
            it(`the preview prefix ${JSON.stringify(prefix)}`, () => {
                assert.equal(settingsOf({ previewPrefix: prefix }).previewPrefix, prefix);
            });
        }

        it("a build, with the digest of its context", () => {
            const settings = settingsOf({ greenBuild: '{"context":"./app","args":{"V":2}}' });
            assert.deepEqual(settings.green.build, {
                context: "./app",
                dockerfile: "Dockerfile",
                args: { V: "2" },
                digest: "0123456789ab",
            });
            assert.equal(settings.blue.build, undefined);
        });
    });

    describe("refuse", () => {
        const wrong: [key: string, value: string, rule: RegExp, where?: string][] = [
            ["activeColor", "purple", /blue or green/],
            ["activeColor", "Blue", /blue or green/],
            ["activeColor", "", /blue or green/],
            ["blueImage", "-v/:/h", /image name/],
            ["blueImage", "a;touch /tmp/p", /image name/],
            ["blueImage", "Shop:1", /lower case/],
            ["blueImage", "shop@sha256:abc", /whole digest/],
            ["blueImage", digest, /not the id/],
            ["blueImage", "shop:", /image name/],
            ["blueImage", "shop\n:1", /image name/],
            ["nginxImage", "", /image name/],
            ["servers", "0", /from 1 to 1000/],
            ["servers", "123", /at most 122: the subnet holds no more/],
            ["servers", "2.5", /whole number/],
            ["port", "0", /1 to 65535/],
            ["port", "65536", /1 to 65535/],
            ["port", "http", /1 to 65535/],
            ["containerPort", "-1", /1 to 65535/],
            ["bindAddress", "::", /IPv4 address/],
            ["bindAddress", "localhost", /IPv4 address/],
            ["bindAddress", "10.1", /IPv4 address/],
            ["command", "java -jar x.jar", /list of texts/],
            ["command", '{"a":1}', /list of texts/],
            ["command", "[1]", /must be a text/, "command[0]"],
            ["command", '["--color={{colour}}"]', /unknown placeholder \{\{colour\}\}/, "command[0]"],
            ["env", '["A=1"]', /map of texts/],
            ["env", '{"A":"{{host}}"}', /unknown placeholder/, "env.A"],
            ["env", '{"A B":"x"}', /letters, digits/, "env.A B"],
            ["env", '{"A":{"b":1}}', /must be a text/, "env.A"],
            ["health", '{"pth":"/x"}', /not a field here.*path, status/, "health.pth"],
            ["health", '{"path":"healthz"}', /begin with \//, "health.path"],
            ["health", '{"path":"/a b"}', /without spaces/, "health.path"],
            ["health", '{"status":"2xx"}', /200-399/, "health.status"],
            ["health", '{"status":"399-200"}', /upwards/, "health.status"],
            ["health", '{"successes":0}', /1 to 100/, "health.successes"],
            ["health", "/healthz", /named fields/],
            ["timeouts", '{"read":5}', /not a field here/, "timeouts.read"],
            ["limits", '{"memoryMb":1}', /16 to/, "limits.memoryMb"],
            ["stopGraceSeconds", "-1", /0 to 3600/],
            ["testers", '["10.0.0.5/8"]', /host bits set: 10\.0\.0\.0\/8/, "testers[0]"],
            ["testers", '["10.0.0.256/32"]', /in its range/, "testers[0]"],
            ["testers", '["10.0.0.0/33"]', /in its range/, "testers[0]"],
            ["testers", '["office"]', /the word loopback/, "testers[0]"],
            ["testers", "10.0.0.0/8", /list of texts/],
            ["subnet", "10.231.77.1/24", /host bits/],
            ["subnet", "10.231.77.0/30", /\/8 to \/27/],
            ["subnet", "fd00::/64", /IPv4/],
            ["maxBodySize", "10 MB", /k, m or g/],
            ["maxBodySize", "1m; deny all", /k, m or g/],
            ["maxBodySize", "999999999g", /at most 1024g/],
            ...["0", "127", "169.254", "224", "239", "240", "255"].map((start): [string, string, RegExp] => [
                "subnet",
                `${start}${".0".repeat(4 - start.split(".").length)}/24`,
                /for machines/,
            ]),
            ["subnet", "255.255.255.224/27", /for machines/],
            ["subnet", "10.0.0.0/024", /without a leading 0: \/24/],
            ["testers", '["10.0.0.0/08"]', /without a leading 0: \/8/, "testers[0]"],
            ["testers", '["fe80::1%eth0"]', /no zone/, "testers[0]"],
            ["testers", '["fe80::%eth0/64"]', /no zone|in its range/, "testers[0]"],
            ["command", '["a\\u0000b"]', /character NUL/, "command[0]"],
            ["command", '["a\\ud800b"]', /half of a character/, "command[0]"],
            ["command", '[""]', /begin with the name of a program/],
            ["greenCommand", '["", "x"]', /begin with the name of a program/],
            ["env", '{"__proto__":"x"}', /another name/, "env.__proto__"],
            ["env", JSON.stringify({ A: "x".repeat(140_000) }), /at most 131071 bytes/, "env.A"],
            ["env", JSON.stringify({ A: "ü".repeat(70_000) }), /at most 131071 bytes/, "env.A"],
            ["health", '{"successes":100,"intervalSeconds":2}', /at least 198/, "health.timeoutSeconds"],
            ["greenHealth", '{"successes":100}', /at least 99/, "greenHealth.timeoutSeconds"],
            ["limits", "", /named fields/], // what Pulumi makes of null
            ["limits", '{"__proto__":5}', /not a field/, "limits.__proto__"],
            ["limits", '{"constructor":5}', /not a field/, "limits.constructor"],
            ["greenBuild", '{"context":".","dockerfile":"../Dockerfile"}', /in the context/, "greenBuild.dockerfile"],
            ["greenBuild", '{"context":".","dockerfile":"/etc/Dockerfile"}', /in the context/, "greenBuild.dockerfile"],
            ["greenBuild", '{"context":"."}', /must name the image, since blue-green:greenBuild/, "greenImage"],
            ["greenBuild", '{"contxt":"x"}', /not a field here/, "greenBuild.contxt"],
            ["previewPrefix", "_preview", /a slash with letters/],
            ["previewPrefix", "/", /a slash with letters/],
            ["previewPrefix", "/a/", /without a slash at its end/],
            ["previewPrefix", "/a//b", /a slash with letters/],
            ["previewPrefix", "/a;b", /a slash with letters/],
            ["previewPrefix", "/a\n", /a slash with letters/],
            ["previewPrefix", "/a/../b", /segments \. and \.\./],
            ["previewPrefix", "/.", /segments \. and \.\./],
            ["previewPrefix", `/${"a".repeat(100)}`, /100 characters/],
            ["retry", "always", /unsent or idempotent/],
            ["greenBuild", '{"dockerfile":"x"}', /must name the folder/, "greenBuild.context"],
            ["blueContainerPort", "http", /1 to 65535/],
            ["greenLimits", '{"pid":5}', /not a field here/, "greenLimits.pid"],
            ["activColor", "green", /not a key of this project/],
        ];
        for (const [key, value, rule, where] of wrong) {
            it(`${key} = ${JSON.stringify(value.slice(0, 30))}`, () => {
                const problem = problemsOf({ [key]: value }).find(
                    (found) => found.key === `blue-green:${where ?? key}`,
                );
                assert.ok(problem, JSON.stringify(problemsOf({ [key]: value })));
                assert.match(problem.rule, rule);
                assert.match(problem.example, /^pulumi config (set|rm)/);
            });
        }

        it("an active color without an image", () => {
            const [problem] = problemsOf({ activeColor: "green" });
            assert.match(problem!.rule, /must be a color that has an image, and green has none/);
            assert.match(problem!.example, /^pulumi config set greenImage /);
        });

        it("a digest of an image that is to be built", () => {
            const found = problemsOf({ blueImage: `shop@sha256:${digest}`, blueBuild: '{"context":"."}' });
            assert.match(found[0]!.rule, /no digest/);
        });

        it("a build whose context is wrong, with the reason", () => {
            const digestBuild = () => {
                throw new Error("must be a folder that exists");
            };
            const [problem] = problemsOf({ blueBuild: '{"context":"nowhere"}' }, { digestBuild });
            assert.equal(problem?.key, "blue-green:blueBuild.context");
            assert.equal(problem.rule, "must be a folder that exists");
        });
    });

    it("tell all mistakes at once, each with key, value, rule and example", () => {
        const found = problemsOf({ activeColor: "red", port: "99999", health: '{"successes":0,"x":1}' });
        assert.deepEqual(
            found.map((problem) => [problem.key, problem.value]),
            [
                ["blue-green:activeColor", "red"],
                ["blue-green:port", "99999"],
                ["blue-green:health.successes", 0],
                ["blue-green:health.x", 1],
            ],
        );
    });

    it("give each color its own over the common ones", () => {
        const settings = settingsOf({
            containerPort: "3000",
            command: '["common"]',
            env: '{"A":"common","B":"common"}',
            health: '{"path":"/common","successes":5}',
            limits: '{"memoryMb":64}',
            stopGraceSeconds: "1",
            greenContainerPort: "4000",
            greenCommand: "[]",
            greenEnv: '{"B":"green","C":"green"}',
            greenHealth: '{"path":"/green"}',
            greenLimits: '{"pids":99}',
            greenStopGraceSeconds: "2",
        });
        const { blue, green } = settings;
        assert.deepEqual([blue.containerPort, green.containerPort], [3000, 4000]);
        assert.deepEqual([blue.command, green.command], [["common"], []]);
        assert.deepEqual(blue.env, { A: "common", B: "common" });
        assert.deepEqual(green.env, { A: "common", B: "green", C: "green" });
        assert.deepEqual([blue.health.path, green.health.path, green.health.successes], ["/common", "/green", 5]);
        assert.deepEqual(green.limits, { memoryMb: 64, pids: 99 });
        assert.deepEqual([settings.stopGraceSeconds, blue.stopGraceSeconds, green.stopGraceSeconds], [1, 1, 2]);
    });

    it("take a color's empty value for none of its own, as Pulumi.yaml has it", () => {
        const own = Object.keys(poolFields).map((name) => [`green${name.charAt(0).toUpperCase()}${name.slice(1)}`, ""]);
        assert.deepEqual(settingsOf(Object.fromEntries(own) as Record<string, string>), settingsOf());
    });

    it("say so when a key of theirs is in another namespace", () => {
        const [problem] = problemsOf({ "bluegreen:servers": "3" });
        assert.equal(problem?.key, "bluegreen:servers");
        assert.match(problem.rule, /namespace bluegreen, where nobody reads it; this project's is blue-green/);
        assert.equal(problem.example, "pulumi config rm bluegreen:servers");
        assert.equal(settingsOf({ "docker:host": "x" }).servers, 2);
    });

    describe("that are secret", () => {
        it("are kept so in env, whatever is wrong with them", () => {
            for (const key of ["env", "blueEnv", "greenEnv"]) {
                const found = problemsOf({ [key]: '{"PASSWORD":"hunter2{{x}}"}' }, { secretKeys: [key] });
                assert.equal(found.length, 1);
                assert.equal(found[0]!.value, undefined);
                assert.doesNotMatch(JSON.stringify(found), /hunter2/);
            }
        });

        it("make the env of their color secret, or of both", () => {
            const secret = (key: string) => {
                const { blue, green } = parsed({ blueImage: "shop", [key]: '{"A":"b"}' }, { secretKeys: [key] });
                return [blue.envIsSecret, green.envIsSecret];
            };
            assert.deepEqual(
                [secret("env"), secret("blueEnv"), secret("greenEnv")],
                [
                    [true, true],
                    [true, false],
                    [false, true],
                ],
            );
        });

        it("are refused anywhere else, with the reason and without the value", () => {
            for (const key of [...keys.keys()].filter((name) => !/env$/i.test(name))) {
                const found = problemsOf({ [key]: '"hunter2"' }, { secretKeys: [key] });
                const [problem] = found.filter(({ rule }) => rule.startsWith("can't be secret: "));
                assert.equal(problem?.key, `blue-green:${key}`);
                assert.doesNotMatch(JSON.stringify(found), /hunter2/);
            }
        });
    });

    it("fill color and server into a text, and nothing else", () => {
        const values = { color: "green", server: "server2" } as const;
        assert.equal(fillPlaceholders("{{color}}-{{ server }}-$&-{{x}}", values), "green-server2-$&-{{x}}");
    });

    it("let {{ be written as {{{{", () => {
        const { env } = settingsOf({ env: '{"T":"{{{{name}} of {{color}}, {{{{color}}"}' }).green;
        assert.equal(fillPlaceholders(env.T!, { color: "green", server: "s" }), "{{name}} of green, {{color}}");
    });
});

describe("the images that the set-up makes", () => {
    it("are the ones that the settings name", async () => {
        const { NGINX_IMAGE } = (await import("../../setup/images.mjs")) as { NGINX_IMAGE: string };
        assert.equal(NGINX_IMAGE, edgeFields.nginxImage.default);
    });
});
