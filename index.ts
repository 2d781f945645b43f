// The program: reads the settings and what is live, plans, makes one BlueGreenService, exports its outputs.
import "./runtime/traces.ts";
import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config.ts";
import { checkContext } from "./engine/context.ts";
import { docker } from "./engine/docker.ts";
import { preflight } from "./engine/preflight.ts";
import { readLive } from "./engine/read.ts";
import { plan } from "./plan/plan.ts";
import { digestBuild } from "./settings/build-digest.ts";
import { parseSettings } from "./settings/parse.ts";
import { OperatorError } from "./settings/problems.ts";

async function deploy() {
    const settings = parseSettings(readConfig(), digestBuild);
    const service = { name: `${pulumi.getProject()}-${pulumi.getStack()}`, stack: pulumi.getStack() };
    checkContext(process.env);
    // The components load while the engine is asked.
    const [live, { BlueGreenService }] = await Promise.all([
        // An `up` holds the stack's lock, so whatever still runs was left by one that was killed.
        readLive(docker, service.name, !pulumi.runtime.isDryRun()),
        import("./components/BlueGreenService.ts"),
    ]);
    const local = /^(unix:|npipe:|$)/.test(process.env.DOCKER_HOST ?? "");
    await preflight(docker, settings, service, live, local);
    const decided = plan(settings, service, live, () => randomUUID().slice(0, 8));
    for (const warning of decided.warnings) await pulumi.log.warn(warning);
    return new BlueGreenService(service.name, { settings, service, plan: decided });
}

const service = await deploy().catch((error: unknown) => {
    // Pulumi shows the message of a RunError alone, without a stack trace.
    throw error instanceof OperatorError ? new pulumi.RunError(error.message) : error;
});

export const { url, previewUrls, activeColor, idleColor, blue, green } = service;
