// Every setting, in its one place: type, bounds, default, example, description. From here come the checks, the types,
// the arguments of the component (components/args.ts), the config section of Pulumi.yaml and docs/settings.md
// (`npm run settings` writes them; a test compares).
import {
    bindAddressProblem,
    dockerfileProblem,
    envNameProblem,
    healthPathProblem,
    imageProblem,
    placeholderProblem,
    previewPrefixProblem,
    sizeProblem,
    statusProblem,
    subnetProblem,
    testerProblem,
} from "./checks.ts";
import {
    choice,
    group,
    integer,
    list,
    map,
    text,
    type Fields,
    type Group,
    type Setting,
    type ValuesOf,
} from "./kinds.ts";

const shown = "it is part of what previews and nginx's config show";
const placeholders = "`{{color}}` and `{{server}}` are filled in; `{{{{` stands for `{{`";
const listed = "the engine shows it to whoever may list its containers";

function setting<T>(of: Omit<Setting<T>, "secret"> & { readonly secret?: true | string }): Setting<T> {
    return { secret: shown, ...of };
}

function field<T>(kind: Setting<T>["kind"], fallback: T, example: T, description: string): Setting<T> {
    return setting({ kind, default: fallback, example, description });
}

/** A setting with named fields; its default is that of each field. */
function groupSetting<F extends Fields>(kind: Group<F>, description: string, secret = shown): Setting<ValuesOf<F>> {
    const defaults = Object.entries(kind.fields).map(([name, { default: value }]) => [name, value as unknown] as const);
    return { kind, description, default: Object.fromEntries(defaults) as ValuesOf<F>, secret };
}

/** What both colors have in common, and what each may have of its own. */
export const poolFields = {
    containerPort: setting({
        description: "The port on which a container answers.",
        kind: integer(1, 65535),
        default: 8080,
        example: 3000,
    }),
    command: setting<readonly string[]>({
        description: "The containers' command; empty: the image's own.",
        kind: list(placeholders, placeholderProblem),
        default: [],
        example: ["java", "-jar", "/spring.jar", "--deployment={{color}}"],
        secret: "a container's command is seen in its machine's process list; hand it over in env",
    }),
    env: setting<Readonly<Record<string, string>>>({
        description: "Environment of the containers.",
        kind: map(placeholders, envNameProblem, placeholderProblem),
        default: {},
        example: { SPRING_PROFILES_ACTIVE: "{{color}}" },
        secret: true,
    }),
    health: groupSetting(
        group({
            path: field(
                text("with query if need be", healthPathProblem),
                "/",
                "/healthz",
                "Path that is asked with GET.",
            ),
            status: field(text("a code or a range", statusProblem), "200-399", "204", "Accepted status."),
            successes: field(integer(1, 100), 3, 5, "Answers in a row that each server must give to pass."),
            intervalSeconds: field(integer(1, 60), 1, 2, "Seconds between two questions."),
            timeoutSeconds: field(
                integer(1, 3600),
                60,
                120,
                "Seconds after which a color that has not passed has failed.",
            ),
        }),
        "When a container counts as working.",
    ),
    limits: groupSetting(
        group({
            memoryMb: field(integer(16, 1048576), 512, 1024, "Memory in MiB."),
            pids: field(integer(16, 1000000), 512, 1024, "Processes and threads."),
        }),
        "Bounds of each container.",
    ),
    stopGraceSeconds: setting({
        description: "Seconds that a container gets to finish its requests after SIGTERM.",
        kind: integer(0, 3600),
        default: 30,
        example: 60,
    }),
} as const;

/** What a color has for itself alone. */
export const colorFields = {
    image: setting({
        description: "The color's image; empty: the color has no containers.",
        kind: text("a name with a tag or a digest", (value) => (value === "" ? undefined : imageProblem(value))),
        default: "",
        example: "registry.example.com/shop:1.4.2",
        secret: listed,
    }),
    build: groupSetting(
        group({
            context: field(
                text("relative to the program's folder"),
                "",
                "./server",
                "The folder that is sent to the engine.",
            ),
            dockerfile: field(
                text("in the context", dockerfileProblem),
                "Dockerfile",
                "Containerfile",
                "The Dockerfile.",
            ),
            args: field(map("", envNameProblem), {}, { VERSION: "1.4.2" }, "Values of the Dockerfile's `ARG`s."),
        }),
        "How the color's image is made, when it is built instead of pulled; built again when the content changes.",
        "Docker keeps a build's args readable in the image; hand secrets over in env",
    ),
} as const;

/** The service as a whole. */
export const serviceFields = {
    activeColor: setting<"blue" | "green">({
        description: "The color that gets the traffic at /. Changing it is the cutover, changing it back the rollback.",
        kind: choice(["blue", "green"]),
        default: "blue",
        example: "green",
    }),
    servers: setting({
        description: "Servers; each runs a blue and a green container.",
        kind: integer(1, 1000),
        default: 2,
        example: 3,
    }),
} as const;

/** nginx in front. */
export const edgeFields = {
    port: setting({
        description: "The port of the machine on which nginx answers.",
        kind: integer(1, 65535),
        default: 80,
        example: 8080,
    }),
    bindAddress: setting({
        description: "The machine's address on which nginx answers; 0.0.0.0: all of them.",
        kind: text("IPv4", bindAddressProblem),
        // Not "" or "::": Docker then listens on IPv6 too and hands those clients to nginx under the gateway's address,
        // which is what `loopback` lets in.
        default: "0.0.0.0",
        example: "127.0.0.1",
    }),
    testers: setting<readonly string[]>({
        description: "Who reaches /blue and /green: networks, addresses, and the word loopback for the machine itself.",
        kind: list("", testerProblem),
        default: ["loopback"],
        example: ["loopback", "10.20.0.0/16"],
    }),
    previewPrefix: setting({
        description:
            "What stands before /blue and /green in the previews' paths, so that those two are the application's.",
        kind: text("a path, without a slash at its end", previewPrefixProblem),
        default: "",
        example: "/_preview",
    }),
    retry: setting<"unsent" | "idempotent">({
        description:
            "Which requests another server is asked after one has failed. unsent: those of which no byte was sent. idempotent: " +
            "also GET and the like that a server broke off or was too slow with, so that what kills one may kill the next.",
        kind: choice(["unsent", "idempotent"]),
        default: "unsent",
        example: "idempotent",
    }),
    timeouts: groupSetting(
        group({
            connectSeconds: field(integer(1, 75), 2, 5, "Seconds to connect; the next server is asked after it."),
            readSeconds: field(
                integer(1, 86400),
                60,
                300,
                "Seconds between two reads of an answer; also how long a silent WebSocket lives.",
            ),
            sendSeconds: field(integer(1, 86400), 60, 300, "Seconds between two writes of a request."),
        }),
        "How long nginx waits for a container.",
    ),
    maxBodySize: setting({
        description: "The largest request body; 0: any.",
        kind: text("a number with k, m or g", sizeProblem),
        default: "10m",
        example: "50m",
    }),
    nginxImage: setting({
        description: "The image of nginx, 1.28 or newer, with sh, curl and flock in it (the official ones have them).",
        kind: text("a name with a tag or a digest", imageProblem),
        default: "nginx:1.30.6",
        example: "nginx:1.30.6-alpine",
        secret: listed,
    }),
    subnet: setting({
        description: "The stack's own network on the engine; one a stack.",
        kind: text("an IPv4 CIDR of /8 to /27", subnetProblem),
        default: "10.231.77.0/24",
        example: "10.231.78.0/24",
    }),
} as const;

/** The topics of the documentation, in its order. */
export const topics = {
    "What runs": { ...serviceFields, ...colorFields },
    "What each container gets": poolFields,
    "In front": edgeFields,
} as const satisfies Record<string, Fields>;
