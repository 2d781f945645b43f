// What the engine and nginx say is there now. Read once, before anything is planned.
import type { Color } from "../settings/settings.ts";

/** What can be wrong with a container: it restarts, its image's own health check fails, or it doesn't run. */
export type Trouble = "restarts" | "unhealthy" | "stopped";

/** A container of the service, as the engine has it. */
export interface LiveContainer {
    readonly name: string;
    readonly color: string;
    /** Digest of the settings that it was made from. */
    readonly digest: string;
    readonly image: string;
    /** The port that a server listens on, "" for nginx. */
    readonly port: string;
    /** The stack's subnet, "" for a server. */
    readonly subnet: string;
    /** `running`, `restarting`, `exited`, … */
    readonly state: string;
    readonly trouble?: Trouble;
    /** The last line of its log when it is in trouble; "" when it has none. */
    readonly lastLine?: string;
}

/** The steps that keep a record: traffic, routes, and the gate of each color. */
export type Recorded = "traffic" | "routes" | Color;

/** A step's own record of what it did last, kept beside nginx's config. */
export interface StepRecord {
    /** What the step reached: a color for traffic, a generation for routes, the digest of its check for a gate. */
    readonly reached: string;
    /** The attempt with which it did. */
    readonly attempt: string;
}

/** The service as it is. */
export interface Live {
    /** The containers with the service's label. */
    readonly containers: readonly LiveContainer[];
    /** What nginx answers; undefined when it isn't running, so that nothing is served. */
    readonly nginx?: {
        /** The color that gets new requests at this moment. */
        readonly color: Color;
        /** The generation of the config that its workers run; "" before the first routes step. */
        readonly generation: string;
        /** The generation that nginx would start with. */
        readonly current: string;
        /** What each step reached; a gate has a record as long as its color may be chosen. */
        readonly records: Readonly<Partial<Record<Recorded, StepRecord>>>;
        /** The step that is under way: `gate green`. */
        readonly step?: string;
    };
}

/** A stack that isn't there yet. */
export const nothingLive: Live = { containers: [] };
