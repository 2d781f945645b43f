// CPU time of containers, asked of the engine, which counts it the same on every kernel.
import { request } from "node:http";

/** CPU time that a container has used so far, in microseconds. */
export async function cpuOf(container: string): Promise<number> {
    const host = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
    if (!host.startsWith("unix://")) return NaN;
    const path = `/containers/${container}/stats?stream=false&one-shot=true`;
    const text = await new Promise<string>((resolve, reject) => {
        const asked = request({ socketPath: host.slice("unix://".length), path }, (response) => {
            let body = "";
            response.on("data", (part: Buffer) => (body += part.toString()));
            response.on("end", () => resolve(body));
        });
        asked.on("error", reject).end();
    });
    const stats = JSON.parse(text) as { cpu_stats?: { cpu_usage?: { total_usage?: number } } };
    return (stats.cpu_stats?.cpu_usage?.total_usage ?? NaN) / 1000;
}
