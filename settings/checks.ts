// What each kind of value must look like.
import ipaddr from "ipaddr.js";

/** Returns the rule that a value breaks, as the rest of a sentence that begins with its key; or undefined. */
export type Check = (value: string) => string | undefined;

// Linux takes no longer text as an argument or a variable of a program: MAX_ARG_STRLEN, 32 pages, with its end.
const longestText = 32 * 4096 - 1;

/** A text that can be handed to a program. */
export function plainTextProblem(value: string): string | undefined {
    if (value.includes("\0")) return "must not hold the character NUL";
    if (/\p{Surrogate}/u.test(value)) return "must be text: it holds half of a character";
    const size = Buffer.byteLength(value);
    return size > longestText
        ? `must be at most ${longestText} bytes long, which is what Linux hands to a program; it has ${size}`
        : undefined;
}

// The grammar of an image name: github.com/distribution/reference, reference.go.
const domainPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `${domainPart}(?:\\.${domainPart})*(?::[0-9]+)?`;
const pathPart = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const imagePattern = new RegExp(
    `^(?<name>(?:${domain}/)?${pathPart}(?:/${pathPart})*)(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@(?<digest>.+))?$`,
);

/** An image reference: a name, with a tag or a digest or both. */
export function imageProblem(value: string): string | undefined {
    const match = imagePattern.exec(value);
    if (!match?.groups) {
        return "must be an image name: lower case, with an optional tag or digest";
    }
    const { name = "", digest } = match.groups;
    if (name.length > 255) return "must be an image name of 255 characters at most";
    if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
        return "must have a whole digest: sha256: and 64 hexadecimal digits";
    }
    if (/^[0-9a-f]{64}$/.test(name)) return "must be an image name, not the id of an image";
    return undefined;
}

/** The tag of an image reference, or the beginning of its digest, or `latest`: what a person calls its version. */
export function imageVersion(image: string): string {
    const groups = imagePattern.exec(image)?.groups;
    return groups?.tag ?? groups?.digest?.slice(0, 19) ?? "latest";
}

/** A network in CIDR notation. */
export function cidrProblem(value: string): string | undefined {
    if (!ipaddr.isValidCIDR(value)) return "must be a network such as 10.0.0.0/8, each number in its range";
    const [address, length] = ipaddr.parseCIDR(value);
    if (!value.endsWith(`/${length}`)) return `must have its prefix without a leading 0: /${length}`;
    if (value.includes("%")) return zoneRule;
    if (address.kind() === "ipv4" && !ipaddr.IPv4.isValidFourPartDecimal(value.split("/")[0] ?? "")) {
        return "must have an address of four numbers";
    }
    const network = (
        address.kind() === "ipv4"
            ? ipaddr.IPv4.networkAddressFromCIDR(value)
            : ipaddr.IPv6.networkAddressFromCIDR(value)
    ).toString();
    if (network !== address.toString()) return `must not have host bits set: ${network}/${length} is the network`;
    return undefined;
}

const zoneRule = "must have no zone (%…): nginx knows addresses without one";

/** The stack's own network: room for servers, and addresses that an engine can route. */
export function subnetProblem(value: string): string | undefined {
    const rule = cidrProblem(value);
    if (rule) return rule;
    const [address, length] = ipaddr.parseCIDR(value);
    if (address.kind() !== "ipv4") return "must be an IPv4 network";
    if (length < 8 || length > 27) return "must have a prefix of /8 to /27";
    // 0/8, 127/8, 169.254/16, 224/4 and 240/4 have meanings of their own (RFC 6890).
    const use = address.range();
    return ["unspecified", "loopback", "linkLocal", "multicast", "reserved", "broadcast"].includes(use)
        ? "must be a network for machines, best a private one (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16)"
        : undefined;
}

/** A tester: a CIDR, a single address, or the word `loopback`. */
export function testerProblem(value: string): string | undefined {
    if (value === "loopback") return undefined;
    if (value.includes("%")) return zoneRule;
    if (ipaddr.isValid(value) && !isShortIpv4(value)) return undefined;
    return value.includes("/") ? cidrProblem(value) : "must be a network, an address or the word loopback";
}

/** An IPv4 address of this machine to listen on. */
export function bindAddressProblem(value: string): string | undefined {
    if (ipaddr.IPv4.isValidFourPartDecimal(value)) return undefined;
    if (ipaddr.IPv6.isValid(value)) {
        // Docker's proxy hands IPv6 clients to the container under the gateway's address, which is what `loopback` means.
        return "must be an IPv4 address: over IPv6 every client would look like this machine and count as a tester";
    }
    return "must be an IPv4 address of this machine, or 0.0.0.0 for all of them";
}

// A text with placeholders: what stands between `{{` and `}}`, unless the `{{` is written twice for a literal one.
const placeholders = /\{\{\{\{|\{\{(?:\s*(color|server)\s*\}\})?/g;

/** Fills `{{color}}` and `{{server}}` into a text of `command` or `env`; `{{{{` stands for `{{`. */
export function fillPlaceholders(text: string, values: { color: string; server: string }): string {
    return text.replace(placeholders, (found, name?: "color" | "server") => {
        if (name) return values[name];
        return found === "{{{{" ? "{{" : found;
    });
}

/** Placeholders in a text: only those that exist. */
export function placeholderProblem(text: string): string | undefined {
    const unknown = [...text.matchAll(placeholders)].find(([found, name]) => found === "{{" && name === undefined);
    if (!unknown) return undefined;
    const shown = /^\{\{.*?\}\}/s.exec(text.slice(unknown.index))?.[0] ?? "{{";
    return `has the unknown placeholder ${shown}: there are {{color}} and {{server}}; write {{{{ for {{`;
}

/** The path of a health check: goes into a URL and a shell's environment as it is. */
export function healthPathProblem(value: string): string | undefined {
    return /^\/[\x21-\x7e]*$/.test(value) && !value.includes("#")
        ? undefined
        : "must begin with / and hold printable ASCII without spaces";
}

/** Accepted status: a code or a range of codes. */
export function statusProblem(value: string): string | undefined {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(value);
    if (!match) return "must be a status such as 200 or a range such as 200-399";
    return match[2] !== undefined && match[2] < (match[1] ?? "") ? "must be a range that goes upwards" : undefined;
}

/** A size in nginx's notation; bounded, since nginx counts in 64 bits. */
export function sizeProblem(value: string): string | undefined {
    const match = /^(\d{1,15})([kmg]?)$/i.exec(value);
    if (!match) return "must be a number with k, m or g behind it, or 0 for any size";
    const bytes = Number(match[1]) * 1024 ** " kmg".indexOf(match[2]?.toLowerCase() || " ");
    return bytes > 1024 ** 4 ? "must be at most 1024g; 0 is for any size" : undefined;
}

/** A Dockerfile of a context: what is outside is not sent to the engine, and is in no digest. */
export function dockerfileProblem(value: string): string | undefined {
    if (value === "") return "must name a file";
    const outside = /^([/\\]|[A-Za-z]:)/.test(value) || value.split(/[/\\]/).includes("..");
    return outside ? "must be a file in the context, named relative to it" : undefined;
}

/** What stands before /blue and /green: goes into nginx's config as it is, and into patterns there. */
export function previewPrefixProblem(value: string): string | undefined {
    if (value === "") return undefined;
    if (value.length > 100) return "must have 100 characters at most";
    if (!/^(?:\/[A-Za-z0-9._~-]+)+$/.test(value)) {
        return "must be empty, or one or more of a slash with letters, digits, - _ . or ~ behind it, without a slash at its end";
    }
    return /\/\.\.?(?:\/|$)/.test(value) ? "must not hold the segments . and .., which clients resolve" : undefined;
}

/** The name of an environment variable. */
export function envNameProblem(name: string): string | undefined {
    if (name === "__proto__") return "must be another name: JavaScript gives this one a meaning of its own";
    return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? undefined : "must be named with letters, digits and _";
}

// ipaddr.js takes "10.1" and "0x0a.1.1.1" for addresses, as inet_aton does; nobody means that here.
function isShortIpv4(value: string): boolean {
    return ipaddr.IPv4.isValid(value) && !ipaddr.IPv4.isValidFourPartDecimal(value);
}
