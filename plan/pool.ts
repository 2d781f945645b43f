// What the containers of one color look like: a pure function of the settings.
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { AddressPlan } from "../settings/addresses.ts";
import { fillPlaceholders, imageVersion } from "../settings/checks.ts";
import { poolFields } from "../settings/schema.ts";
import type { Color, Settings } from "../settings/settings.ts";

/** One container of a pool. */
export interface ContainerSpec {
    /** The container's name, the same as its resource's: `<service>-server1-green`. */
    readonly name: string;
    /** `server1`, `server2`, … */
    readonly server: string;
    readonly address: string;
    readonly image: string;
    readonly command: readonly string[];
    /** `NAME=value`, sorted. */
    readonly envs: readonly string[];
    /** Digest of all that replaces the container when it changes. */
    readonly digest: string;
    readonly labels: Readonly<Record<string, string>>;
}

/** Labels on all that a service has on an engine. */
export const labelNames = {
    service: "blue-green.service",
    stack: "blue-green.stack",
    role: "blue-green.role",
    color: "blue-green.color",
    server: "blue-green.server",
    version: "blue-green.version",
    port: "blue-green.port",
    subnet: "blue-green.subnet",
    digest: "blue-green.digest",
} as const;

/** The service's name on the engine: what begins all names and tells two stacks on one engine apart. */
export interface Service {
    readonly name: string;
    readonly stack: string;
}

/** A digest short enough to read, long enough not to collide within a stack. */
export function digestOf(...parts: unknown[]): string {
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

/**
 * The image that a color's containers run: the one of the config, or, for a color that is built, that name with the
 * digest of its context, so that new content is a new image and the other color's is left alone.
 */
export function poolImage(settings: Settings, color: Color): string {
    const { image, build } = settings[color];
    if (!image || !build) return image;
    const version = imageVersion(image);
    const name = image.endsWith(`:${version}`) ? image.slice(0, -version.length - 1) : image;
    return `${name}:${version.slice(0, 100)}-${build.digest}`;
}

/** The containers of a color; none when it has no image. */
export function poolContainers(settings: Settings, service: Service, color: Color): ContainerSpec[] {
    const image = poolImage(settings, color);
    if (!image) return [];
    const { command, env, containerPort, limits, stopGraceSeconds } = settings[color];
    const addresses = new AddressPlan(settings.subnet);
    return Array.from({ length: settings.servers }, (_, index) => {
        const server = `server${index + 1}`;
        const fill = (text: string) => fillPlaceholders(text, { color, server });
        const own = {
            server,
            address: addresses.server(color, index + 1),
            image,
            command: command.map(fill),
            envs: Object.entries(env)
                .map(([name, value]) => `${name}=${fill(value)}`)
                .sort(),
        };
        // Default limits are left out: containers of the time when limits were not in it keep their digest.
        const bounds = isDeepStrictEqual(limits, poolFields.limits.default) ? [] : [limits];
        const digest = digestOf(own, containerPort, stopGraceSeconds, ...bounds);
        const labels = {
            [labelNames.service]: service.name,
            [labelNames.stack]: service.stack,
            [labelNames.role]: "server",
            [labelNames.color]: color,
            [labelNames.server]: server,
            [labelNames.version]: imageVersion(image),
            [labelNames.port]: String(containerPort),
            [labelNames.digest]: digest,
        };
        return { name: `${service.name}-${server}-${color}`, ...own, digest, labels };
    });
}

/** The nginx container's name, the one under which it is put back, and the digest of all that replaces it when it changes. */
export function nginxContainer(settings: Settings, service: Service) {
    const name = `${service.name}-nginx`;
    const { nginxImage, bindAddress, port, subnet } = settings;
    const digest = digestOf(nginxImage, bindAddress, port, subnet);
    const labels = {
        [labelNames.service]: service.name,
        [labelNames.stack]: service.stack,
        [labelNames.role]: "nginx",
        [labelNames.version]: imageVersion(nginxImage),
        [labelNames.subnet]: subnet,
        [labelNames.digest]: digest,
    };
    return { name, before: `${name}${beforeSuffix}`, digest, labels };
}

/** Ends the name of an nginx that was put back when its successor failed. */
export const beforeSuffix = "-before";
