// The docker command follows contexts, Pulumi's docker provider does not: they must not work on two engines.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../settings/problems.ts";

/**
 * Refuses an environment in which the docker command and the provider would reach different engines.
 *
 * @param env DOCKER_CONTEXT, DOCKER_HOST and DOCKER_CONFIG are looked at
 * @throws OperatorError with what to type
 */
export function checkContext(env: Readonly<Record<string, string | undefined>>): void {
    const chosen = env.DOCKER_CONTEXT ?? (env.DOCKER_HOST ? undefined : currentContext(env.DOCKER_CONFIG));
    if (chosen === undefined || chosen === "" || chosen === "default") return;
    throw new OperatorError(
        `docker uses the context ${chosen}, which Pulumi's docker provider doesn't know: they would work on different\n` +
            "engines. Nothing was changed. Name the engine for both:\n" +
            `  export DOCKER_HOST=$(docker context inspect ${chosen} --format '{{.Endpoints.docker.Host}}')` +
            (env.DOCKER_CONTEXT ? "\n  unset DOCKER_CONTEXT" : ""),
    );
}

function currentContext(folder = join(homedir(), ".docker")): string | undefined {
    try {
        const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { currentContext?: string };
        return config.currentContext;
    } catch {
        return undefined; // no such file: the default context
    }
}
