import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { poolImage } from "../plan/pool.ts";
import type { Color, Settings } from "../settings/settings.ts";

/** Arguments of PoolImage. */
export interface PoolImageArgs {
    readonly settings: Settings;
    /** The color; it must have an image. */
    readonly color: Color;
}

/**
 * The image of one color on the engine: pulled, unless it is there already, or built from a folder.
 * It stays on the engine when the color moves on, since a rollback may need it.
 */
export class PoolImage extends pulumi.ComponentResource {
    constructor(name: string, args: PoolImageArgs, opts?: pulumi.ComponentResourceOptions) {
        super("blue-green:index:PoolImage", name, {}, opts);
        const { settings, color } = args;
        const image = poolImage(settings, color);
        const { build } = settings[color];
        if (build) {
            const buildArgs = Object.entries(build.args).flatMap(([arg, value]) => ["--build-arg", `${arg}=${value}`]);
            // The SDK's docker.Image needs BuildKit and the official plugin; `docker build` is on every machine.
            new command.local.Command(
                `${name}-build`,
                {
                    interpreter: [
                        "docker",
                        "build",
                        // Without it the engine keeps the container of a step that fails.
                        "--force-rm",
                        "--tag",
                        image,
                        "--file",
                        `${build.context}/${build.dockerfile}`,
                        ...buildArgs,
                    ],
                    create: build.context,
                    addPreviousOutputInEnv: false,
                },
                { parent: this },
            );
        } else {
            new docker.RemoteImage(`${name}-pull`, { name: image, keepLocally: true }, { parent: this });
        }
        this.registerOutputs({ image });
    }
}
