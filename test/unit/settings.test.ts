import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { keys } from "../../settings/parse.ts";
import { defaults, fillPlaceholders } from "../../settings/settings.ts";
import { problemsOf, settingsOf } from "../support/settings.ts";

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
            assert.deepEqual(settings.green.health, { ...defaults.health, path: "/up?deep=1", status: "204" });
            assert.equal(settings.testers.length, 4);
        });

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
            ["servers", "0", /from 1 to 122/],
            ["servers", "123", /subnet holds 122/],
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
            ["health", '{"pth":"/x"}', /not a field of health.*path, status/, "health.pth"],
            ["health", '{"path":"healthz"}', /begin with \//, "health.path"],
            ["health", '{"path":"/a b"}', /without spaces/, "health.path"],
            ["health", '{"status":"2xx"}', /200-399/, "health.status"],
            ["health", '{"status":"399-200"}', /upwards/, "health.status"],
            ["health", '{"successes":0}', /1 to 100/, "health.successes"],
            ["health", "/healthz", /named fields/],
            ["timeouts", '{"read":5}', /not a field of timeouts/, "timeouts.read"],
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
            ["greenBuild", '{"contxt":"x"}', /not a field of greenBuild/, "greenBuild.contxt"],
            ["greenBuild", '{"dockerfile":"x"}', /must name the folder/, "greenBuild.context"],
            ["activColor", "green", /not a key of this project/],
        ];
        for (const [key, value, rule, where] of wrong) {
            it(`${key} = ${value.slice(0, 30).replace("\n", "\\n")}`, () => {
                const problem = problemsOf({ [key]: value }).find(
                    (found) => found.key === `blue-green:${where ?? key}`,
                );
                assert.ok(problem, JSON.stringify(problemsOf({ [key]: value })));
                assert.match(problem.rule, rule);
                assert.match(problem.example, /^pulumi config (set|rm)/);
            });
        }

        it("an active color without an image", () => {
            assert.match(problemsOf({ activeColor: "green" })[0]!.rule, /greenImage is empty/);
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

    it("never show a value of a secret env", () => {
        const found = problemsOf({ env: '{"PASSWORD":"hunter2{{x}}"}' }, { envIsSecret: true });
        assert.equal(found.length, 1);
        assert.equal(found[0]!.value, undefined);
    });

    it("fill color and server into a text, and nothing else", () => {
        const values = { color: "green", server: "server2" } as const;
        assert.equal(fillPlaceholders("{{color}}-{{ server }}-$&-{{x}}", values), "green-server2-$&-{{x}}");
    });
});

describe("Pulumi.yaml", () => {
    interface Declaration {
        type?: string;
        default?: unknown;
        description?: string;
    }
    const project = parse(readFileSync("Pulumi.yaml", "utf8")) as { config: Record<string, Declaration> };

    it("declares every key with a type, a default and a description, and no other", () => {
        assert.deepEqual(Object.keys(project.config).sort(), [...keys].sort());
        for (const [key, declaration] of Object.entries(project.config)) {
            assert.ok(declaration.description && declaration.default !== undefined, key);
        }
    });

    it("has the defaults that the code has", () => {
        for (const [key, value] of Object.entries({ ...defaults, blueImage: "", greenImage: "" })) {
            assert.deepEqual(project.config[key]?.default, value, key);
        }
        assert.deepEqual([project.config.blueBuild?.default, project.config.greenBuild?.default], [{}, {}]);
    });
});

describe("the images that the set-up makes", () => {
    it("are the ones that the settings name", async () => {
        const { NGINX_IMAGE } = (await import("../../setup/images.mjs")) as { NGINX_IMAGE: string };
        assert.equal(NGINX_IMAGE, defaults.nginxImage);
    });
});
