// What each kind of value must look like. A check returns the rule that the value breaks, or undefined.
import ipaddr from "ipaddr.js";

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

/** A network in CIDR notation; `bits` bounds the length of the prefix. */
export function cidrProblem(value: string, bits?: { least: number; most: number }): string | undefined {
    if (!ipaddr.isValidCIDR(value)) return "must be a network such as 10.0.0.0/8, each number in its range";
    const [address, length] = ipaddr.parseCIDR(value);
    if (address.kind() === "ipv4" && !ipaddr.IPv4.isValidFourPartDecimal(value.split("/")[0] ?? "")) {
        return "must have an address of four numbers";
    }
    const network = (
        address.kind() === "ipv4"
            ? ipaddr.IPv4.networkAddressFromCIDR(value)
            : ipaddr.IPv6.networkAddressFromCIDR(value)
    ).toString();
    if (network !== address.toString()) return `must not have host bits set: ${network}/${length} is the network`;
    if (bits && address.kind() !== "ipv4") return "must be an IPv4 network";
    if (bits && (length < bits.least || length > bits.most)) {
        return `must have a prefix of /${bits.least} to /${bits.most}`;
    }
    return undefined;
}

/** A tester: a CIDR, a single address, or the word `loopback`. */
export function testerProblem(value: string): string | undefined {
    if (value === "loopback" || (ipaddr.isValid(value) && !isShortIpv4(value))) return undefined;
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

/** Placeholders in a text: only those that exist. */
export function placeholderProblem(text: string): string | undefined {
    const unknown = [...text.matchAll(/\{\{(.*?)\}\}/g)].find(
        (match) => !/^\s*(color|server)\s*$/.test(match[1] ?? ""),
    );
    return unknown ? `has the unknown placeholder ${unknown[0]}: there are {{color}} and {{server}}` : undefined;
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

/** A size in nginx's notation. */
export function sizeProblem(value: string): string | undefined {
    return /^\d{1,9}[kKmMgG]?$/.test(value)
        ? undefined
        : "must be a number with k, m or g behind it, or 0 for any size";
}

/** The name of an environment variable. */
export function envNameProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? undefined : "must be named with letters, digits and _";
}

// ipaddr.js takes "10.1" and "0x0a.1.1.1" for addresses, as inet_aton does; nobody means that here.
function isShortIpv4(value: string): boolean {
    return ipaddr.IPv4.isValid(value) && !ipaddr.IPv4.isValidFourPartDecimal(value);
}
