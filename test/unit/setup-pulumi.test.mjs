// @ts-check
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { pluginVersion } from "../../setup/build.mjs";
import { atLeast, root } from "../../setup/lib.mjs";

describe("set-up of Pulumi", () => {
    /** @type {string} */
    let home;
    beforeEach(() => (home = mkdtempSync(join(tmpdir(), "setup-pulumi-"))));
    afterEach(() => rmSync(home, { recursive: true }));

    /** Runs the set-up on a machine that has these programs and no others. @param {Record<string, string>} programs @param {string} [path] in front of theirs */
    function ensureWith(programs, path = "") {
        const bin = join(home, "path");
        for (const [name, script] of Object.entries(programs)) program(join(bin, name), script);
        const source = `import { ensurePulumi } from ${JSON.stringify(pathToFileURL(join(root, "setup/pulumi.mjs")))};
            import { shellLine } from ${JSON.stringify(pathToFileURL(join(root, "setup/state.mjs")))};
            try { const found = await ensurePulumi(); console.log(JSON.stringify(found)); console.log(shellLine(found)); }
            catch (error) { console.log(error.constructor.name + ": " + error.message); }`;
        const env = { PATH: path + bin, HOME: home, PULUMI_CONFIG_PASSPHRASE: "" };
        const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
            env,
            encoding: "utf8",
        });
        return stdout;
    }

    /** @param {string} name */
    function wantedVersion(name) {
        return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).dependencies[`@pulumi/${name}`];
    }

    /** @param {string} name */
    function pluginFolder(name) {
        return join(home, ".pulumi", "plugins", `resource-${name}-v${wantedVersion(name)}`);
    }

    /** @param {string} file @param {string} [script] */
    function program(file, script = "") {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }

    it("takes a new enough Pulumi on PATH with its plugins as it is", () => {
        for (const name of ["docker", "command"]) mkdirSync(pluginFolder(name), { recursive: true });
        const printed = ensureWith({ pulumi: "echo v3.200.0", "pulumi-language-nodejs": "" });
        assert.equal(printed, 'setup: Pulumi: v3.200.0, on PATH.\n{"how":"v3.200.0, on PATH"}\n\n');
    });

    it("passes over a Pulumi that is too old, and says so", () => {
        const printed = ensureWith({ pulumi: "echo v3.20.0", "pulumi-language-nodejs": "" });
        assert.match(printed, /\(v3\.20\.0\) is older than 3\.\d+\.0, so it is not used/);
    });

    it("lets the Pulumi on PATH download its plugins where that works", () => {
        const install = `case "$1" in version) echo v3.200.0 ;; plugin) echo "$*" >> "$HOME/asked" ;; esac`;
        const printed = ensureWith({ pulumi: install, "pulumi-language-nodejs": "", curl: "exit 0" });
        assert.match(printed, /{"how":"v3\.200\.0, on PATH"}/);
        assert.match(
            readFileSync(join(home, "asked"), "utf8"),
            /^plugin install resource docker [\d.]+\nplugin install/,
        );
    });

    it("names the three ways to get Pulumi where none of them is open", () => {
        const printed = ensureWith({ curl: "exit 28" });
        assert.match(printed, /SetupError: Pulumi is not here, .*\n.*three ways/);
        assert.equal(printed.match(/^ {2}[123]\. /gm)?.length, 3);
    });

    it("refuses a Go that is too old to build Pulumi", () => {
        const printed = ensureWith({ curl: "exit 28", go: "echo go1.20.3" });
        assert.match(printed, /SetupError: Go 1\.20\.3 is too old to build Pulumi \(it takes 1\.\d+/);
    });

    it("ends with the compiler's words when a build fails", () => {
        const go = `[ "$1" = env ] && echo go1.99.0 && exit; echo "no required module"; exit 1`;
        const printed = ensureWith({ curl: "exit 28", go });
        assert.match(
            printed,
            /SetupError: Building pulumi-language-nodejs failed \(exit code 1\)\.\nno required module/,
        );
    });

    it("gives a Pulumi on PATH built plugins, as often as it is asked, and changes neither its folder nor the user's plugins", () => {
        const go = `[ "$1" = env ] && echo go1.99.0 && exit; while [ "$1" != -o ]; do shift; done; /bin/echo built > "$2"`;
        const pulumi = `[ "$1" = version ] && echo v3.200.0 && exit; echo "$0 in $PULUMI_HOME"`;
        const programs = { pulumi, "pulumi-language-nodejs": "", curl: "exit 28", go };
        const first = ensureWith(programs);
        const bin = /"bin":"([^"]+)"/.exec(first)?.[1] ?? assert.fail(first);
        assert.ok(first.endsWith(`\nexport PATH="${bin}:$PATH"\n`), first);
        assert.equal(ensureWith(programs, `${bin}:`).split("\n").at(-3), first.split("\n").at(-3));
        assert.deepEqual(readdirSync(join(home, "path")).sort(), Object.keys(programs).sort());

        const own = join(home, ".pulumi", "with-built-plugins");
        const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: home };
        const { stdout } = spawnSync("pulumi", ["preview"], { env, encoding: "utf8" });
        assert.equal(stdout, `${join(home, "path", "pulumi")} in ${own}\n`);
        const folders = ["command", "docker"].map((name) => `resource-${name}-v${pluginVersion(name)}`);
        assert.deepEqual(readdirSync(join(own, "plugins")).sort(), folders);
        assert.deepEqual(readdirSync(join(home, ".pulumi")).sort(), ["with-built-plugins", "workspaces"]);
    });

    it("calls a built plugin what it is, behind the version that the program asks for", () => {
        for (const name of ["docker", "command"]) {
            assert.match(pluginVersion(name), /^[\d.]+\+[a-z]/);
            assert.equal(pluginVersion(name).split("+")[0], wantedVersion(name));
        }
    });

    describe("its `pulumi` with built plugins", () => {
        /** @param {NodeJS.ProcessEnv} env */
        function pulumi(env) {
            program(join(home, "cli", "pulumi"), 'echo "$PULUMI_HOME $PULUMI_CREDENTIALS_PATH $*"');
            program(join(home, "plugins", "resource-docker-v5.2.0+bridge", "pulumi-resource-docker"), "echo built");
            const constants = `assembled='${home}'\ncli='${join(home, "cli")}'\n`;
            const script = constants + readFileSync(join(root, "setup", "pulumi.sh"), "utf8");
            const result = spawnSync("sh", ["-c", script, "pulumi", "up", "a b"], {
                env: { PATH: process.env.PATH, HOME: home, ...env },
                cwd: home,
                encoding: "utf8",
            });
            assert.equal(result.stderr, "");
            return result.stdout.trim();
        }
        const user = () => join(home, "mine");
        const own = () => join(user(), "with-built-plugins");
        const inOwn = () => readdirSync(join(own(), "plugins")).sort();

        it("keeps the user's login, selected stacks and other plugins, wherever the user's home is", () => {
            program(join(user(), "plugins", "resource-aws-v1.0.0", "pulumi-resource-aws"), "echo aws");
            program(join(user(), "plugins", "resource-half-v1.0.0", "pulumi-resource-half"));
            writeFileSync(join(user(), "plugins", "resource-half-v1.0.0.partial"), "");
            mkdirSync(join(user(), "workspaces"));
            writeFileSync(join(user(), "workspaces", "selected.json"), "prod");
            for (const PULUMI_HOME of [user(), own(), "mine"]) {
                assert.equal(pulumi({ PULUMI_HOME }), `${own()} ${user()} up a b`);
                assert.deepEqual(inOwn(), ["resource-aws-v1.0.0", "resource-docker-v5.2.0+bridge"]);
                assert.equal(readFileSync(join(own(), "workspaces", "selected.json"), "utf8"), "prod");
            }
            const aws = spawnSync(join(own(), "plugins", "resource-aws-v1.0.0", "pulumi-resource-aws"));
            assert.equal(String(aws.stdout), "aws\n");
            assert.equal(readdirSync(join(user(), "plugins")).length, 3);
        });

        it("goes with the user's plugins as they come and go", () => {
            const PULUMI_HOME = user();
            pulumi({ PULUMI_HOME });
            assert.deepEqual(inOwn(), ["resource-docker-v5.2.0+bridge"]);
            program(join(user(), "plugins", "resource-aws-v1.0.0", "pulumi-resource-aws"));
            pulumi({ PULUMI_HOME });
            assert.deepEqual(inOwn(), ["resource-aws-v1.0.0", "resource-docker-v5.2.0+bridge"]);
            rmSync(join(user(), "plugins", "resource-aws-v1.0.0"), { recursive: true });
            pulumi({ PULUMI_HOME });
            assert.deepEqual(inOwn(), ["resource-docker-v5.2.0+bridge"]);
        });

        it("leaves credentials where the user has put them", () => {
            const PULUMI_CREDENTIALS_PATH = join(home, "secret");
            const printed = pulumi({ PULUMI_CREDENTIALS_PATH });
            assert.equal(printed, `${join(home, ".pulumi", "with-built-plugins")} ${PULUMI_CREDENTIALS_PATH} up a b`);
        });
    });

    it("compares versions by number", () => {
        assert.ok(atLeast("v3.259.0", "3.150.0"));
        assert.ok(atLeast("1.26", "1.26.0"));
        assert.ok(atLeast("3.150.0-alpha", "3.150.0"));
        assert.ok(!atLeast("3.99.9", "3.150.0"));
    });
});
