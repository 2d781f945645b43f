import { script, type StepName } from "../nginx/steps.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";

/**
 * Inputs of a command that runs a step in the nginx container: with `environment` there, and again whenever one of
 * its values changes or nginx was made anew. A command that fails leaves the old state, so the next `up` tries again.
 */
export function nginxStep(step: StepName, loadBalancer: LoadBalancer, environment: Readonly<Record<string, string>>) {
    const names = Object.keys(environment).flatMap((name) => ["-e", name]);
    const text = script(step);
    return {
        interpreter: ["docker", "exec", "-i", ...names, loadBalancer.containerName, "sh", "-c"],
        create: text,
        update: text,
        environment: { ...environment, NGINX_ID: loadBalancer.containerId },
        addPreviousOutputInEnv: false,
    };
}
