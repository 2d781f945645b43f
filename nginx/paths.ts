// Where things are in the nginx container: named once, for the template, the steps and the components.

/** The mounted volume. */
export const stateDir = "/etc/blue-green";

export const paths = {
    /** The config that nginx runs: a link to a release, swapped at once. */
    current: `${stateDir}/current`,
    /** The workers' current folder, so that the marker is looked for by its bare name, at half of the price. */
    live: `${stateDir}/live`,
    /** Exists while green is live; blue is live without it. */
    marker: `${stateDir}/live/green`,
    /** Holds a file for each color whose gate passed. */
    ready: `${stateDir}/ready`,
    /** What nginx's master says when a reload fails. */
    emergencies: `${stateDir}/emergencies.log`,
    pid: "/run/nginx.pid",
} as const;

/** The port on which nginx takes requests, inside its container. */
export const listenPort = 8080;

/** The port on which nginx tells what it serves, on the container's loopback only. */
export const statusPort = 8081;
