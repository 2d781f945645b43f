// The only file that reads the stack's config.
import * as pulumi from "@pulumi/pulumi";
import type { Asked } from "./settings/asked.ts";
import { askedByConfig } from "./settings/config.ts";

/** What the stack's config asks for. */
export function readConfig(): Asked {
    return askedByConfig(pulumi.runtime.allConfig(), secretKeys(), pulumi.getProject());
}

// The SDK knows which keys are secret, but has no public function that tells; this is where it has it from.
function secretKeys(): string[] {
    return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
}
