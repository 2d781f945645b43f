// The checked settings, as the plan, the routes and the components read them. What each means: schema.ts.
import type { ValuesOf } from "./kinds.ts";
import type { edgeFields, poolFields, serviceFields } from "./schema.ts";

/** One of the two versions of the service that can run side by side. */
export type Color = "blue" | "green";

/** Both colors, in the order in which they are shown. */
export const colors: readonly Color[] = ["blue", "green"];

/** The color that is not `color`. */
export function otherColor(color: Color): Color {
    return color === "blue" ? "green" : "blue";
}

/** An image made from a folder instead of pulled. */
export interface Build {
    readonly context: string;
    readonly dockerfile: string;
    readonly args: Readonly<Record<string, string>>;
    /** Digest of the context's content, the Dockerfile's name and the args: what makes a rebuild necessary. */
    readonly digest: string;
}

/** What the containers of one color are made from, and how they are checked: the color's own over the common ones. */
export interface PoolSettings extends ValuesOf<typeof poolFields> {
    /** Empty: the color has no containers. */
    readonly image: string;
    /** How the image is made; undefined: it is pulled, or is on the engine already. */
    readonly build: Build | undefined;
    /** Whether `env` holds a secret: then the state encrypts it. */
    readonly envIsSecret: boolean;
}

/** How a server is asked whether it works. */
export type Health = PoolSettings["health"];

/** All settings of a service. */
export interface Settings
    extends ValuesOf<typeof serviceFields>, ValuesOf<typeof edgeFields>, Readonly<Record<Color, PoolSettings>> {
    /** Seconds that nginx gets to finish its requests when it is stopped. */
    readonly stopGraceSeconds: number;
}
