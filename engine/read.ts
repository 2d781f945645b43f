// Reads from the engine and from nginx what is there and what is live.
import type { Live, Recorded, StepRecord } from "../plan/live.ts";
import { beforeSuffix, labelNames } from "../plan/pool.ts";
import { OperatorError } from "../settings/problems.ts";
import { colors } from "../settings/settings.ts";
import { script } from "../nginx/steps.ts";
import { DockerError, type Docker } from "./docker.ts";
import { addTroubles, type Listed } from "./trouble.ts";

const columns = [
    "{{.Names}}",
    "{{.State}}",
    "{{.Status}}",
    "{{.Image}}",
    ...[labelNames.color, labelNames.digest, labelNames.port, labelNames.subnet].map((name) => `{{.Label "${name}"}}`),
].join("\t");

/**
 * Reads what a service has on the engine and what its nginx serves.
 *
 * @param name the service's name
 * @param revoke whether a step that is still under way loses its right to change anything first: right for who alone
 * may change the service
 * @throws OperatorError when the engine doesn't answer
 */
export async function readLive(docker: Docker, name: string, revoke: boolean): Promise<Live> {
    const [containers, status] = await Promise.all([
        docker("ps", "-a", "--filter", `label=${labelNames.service}=${name}`, "--format", columns).then((listing) =>
            addTroubles(docker, parseContainers(listing)),
        ),
        // Not there yet, or stopped: then nothing is served, or what was put back serves.
        ask(docker, `${name}-nginx`, revoke).then(
            (status) => status ?? ask(docker, `${name}-nginx${beforeSuffix}`, revoke),
        ),
    ]);
    return { containers, nginx: status === undefined ? undefined : parseStatus(status) };
}

async function ask(docker: Docker, nginx: string, revoke: boolean): Promise<string | undefined> {
    try {
        return await docker("exec", ...(revoke ? ["-e", "REVOKE=1"] : []), nginx, "sh", "-c", script("status"));
    } catch (error) {
        if (!(error instanceof DockerError)) throw error;
        // Silent when nginx isn't configured yet. Anything else says nothing of what is served, so nothing may be changed.
        const serves = !/^$|no such container|is not running|is restarting|removal/i.test(error.stderr);
        if (!serves) return undefined;
        throw new OperatorError(
            `${nginx} can't be asked what it serves: ${error.stderr}\n` +
                `Nothing was changed. Look at its log (docker logs ${nginx}), then try again.`,
        );
    }
}

/** Parses the listing of containers. */
export function parseContainers(listing: string): Listed[] {
    const lines = listing.split("\n").filter((line) => line !== "");
    return lines.map((line) => {
        const [name = "", state = "", status = "", image = "", ...labels] = line.split("\t");
        const [color = "", digest = "", port = "", subnet = ""] = labels;
        return { container: { name, state, image, color, digest, port, subnet }, status };
    });
}

/** Parses what the status step prints: `name=value` lines. Undefined when nginx gave no answer. */
export function parseStatus(text: string): Live["nginx"] {
    const values = new Map(text.split("\n").map((line) => line.split(/=(.*)/s, 2) as [string, string]));
    const color = values.get("live");
    if (color !== "blue" && color !== "green") return undefined;
    const records: Partial<Record<Recorded, StepRecord>> = {};
    for (const step of ["traffic", "routes", ...colors] as const) {
        const [reached, attempt = ""] = (values.get(step) ?? "").split(" ");
        if (reached) records[step] = { reached, attempt };
    }
    return {
        color,
        generation: values.get("generation") ?? "",
        current: values.get("current") ?? "",
        records,
        step: values.get("step"),
    };
}
