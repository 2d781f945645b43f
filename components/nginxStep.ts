import type * as command from "@pulumi/command";
import { stepRun, type StepName } from "../nginx/steps.ts";
import type { LoadBalancer } from "./LoadBalancer.ts";

/**
 * Inputs of a command that runs a step in the nginx container: with `variables` there, and again whenever one of their
 * values changes or nginx was made anew. A command that fails leaves the old state, so the next `up` tries again.
 *
 * @param title the step, as its errors name it
 */
export function nginxStep(
    step: StepName,
    title: string,
    loadBalancer: LoadBalancer,
    variables: Readonly<Record<string, string>>,
) {
    const { command: interpreter, environment } = stepRun(step, loadBalancer.containerName, variables);
    return {
        interpreter,
        create: title,
        update: title,
        environment: { ...environment, NGINX_ID: loadBalancer.containerId },
        addPreviousOutputInEnv: false,
    } satisfies command.local.CommandArgs;
}
