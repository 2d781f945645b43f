import { script, type StepName } from "../nginx/steps.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";

/**
 * Inputs of a command that runs a step in the nginx container: with `environment` there, and again whenever one of
 * its values changes or nginx was made anew. A command that fails leaves the old state, so the next `up` tries again.
 */
export function nginxStep(step: StepName, loadBalancer: LoadBalancer, environment: Readonly<Record<string, string>>) {
    const inside = { ...environment, STEP: script(step) };
    const names = Object.keys(inside).flatMap((name) => ["-e", name]);
    // The error of a command shows its text: that has to be short for the step's own words to be seen.
    const run = `eval "$STEP" # ${step}`;
    return {
        interpreter: ["docker", "exec", "-i", ...names, loadBalancer.containerName, "sh", "-c"],
        create: run,
        update: run,
        environment: { ...inside, NGINX_ID: loadBalancer.containerId },
        addPreviousOutputInEnv: false,
    };
}
