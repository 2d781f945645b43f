// The bench: runs its parts, prints tables, writes figures and pictures to results/. Started by main.mjs.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { costs } from "./cost.ts";
import { disturb, disturbances } from "./disturbances.ts";
import { growth } from "./growth.ts";
import { compare } from "./peers/compare.ts";
import { ensurePeers, type PeersPrograms } from "./peers/image.ts";
import { cycle } from "./product.ts";
import { Project } from "./project.ts";
import { machine, tables, type Results } from "./results.ts";
import { main } from "./shell.ts";
import { starts } from "./start.ts";
import { cutoverPicture, growthPicture } from "./svg.ts";

const options = {
    /** A little of product, peers and cost, in under two minutes. */
    quick: { type: "boolean", default: false },
    /** Only some parts, by name with commas between. */
    only: { type: "string", default: "" },
    /** Requests a second of all clients together. */
    rate: { type: "string", default: "2000" },
} as const;

const { quick, only, rate: rateText } = parsed();
const rate = Number(rateText);
if (!Number.isInteger(rate) || rate < 200 || rate > 20_000) {
    refuse(`--rate is ${rateText}, but must be a whole number from 200 to 20000, for example --rate 2000`);
}

// A lesser run doesn't overwrite what a whole one has found.
const named = only ? only.replaceAll(",", "-") : quick ? "quick" : "full";
const file = (end: string) => fileURLToPath(new URL(`./results/${named}${end}`, import.meta.url));
const began = performance.now();
const say = (text: string) => console.log(`bench: ${((performance.now() - began) / 1000).toFixed(0)} s: ${text}`);
const command = ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ");
const results: Results = { machine: machine(), date: new Date().toISOString().slice(0, 16), command, rate };

const names = ["product", "disturbances", "peers", "cost", "start", "growth"] as const;
const wanted = only ? only.split(",").map(partNamed) : quick ? (["product", "peers", "cost"] as const) : names;
/** What the peers need, once a part has asked for it. */
let begun: Promise<PeersPrograms> | undefined;
const programs = () => (begun ??= ensurePeers(say));

const parts: Record<(typeof names)[number], () => Promise<void>> = {
    product: async () => {
        const { recording, ...product } = await cycle({
            givesWay: true,
            prepared: begun?.catch(() => undefined),
            cycles: quick ? 1 : 20,
            requests: quick ? 0 : 1_000_000,
            rate,
            say,
        });
        results.product = product;
        const shown = product.cutovers.at(-1);
        if (shown) writeFileSync(file("-cutover.svg"), cutoverPicture(recording, shown));
    },
    disturbances: async () => {
        const project = await Project.create({}, true);
        try {
            await project.up();
            results.disturbances = await disturb(project, rate, disturbances, say);
        } finally {
            await project.remove();
        }
    },
    peers: async () => {
        const brief = { flips: 1, steadySeconds: 0, streamMs: 1000, brief: true };
        const extent = quick ? brief : { flips: 8, steadySeconds: 10 };
        results.peers = await compare({ programs: await programs(), rate, ...extent, say });
    },
    cost: async () => {
        results.cost = await costs({
            programs: await programs(),
            rounds: quick ? 2 : 6,
            seconds: quick ? 1 : 4,
            brief: quick,
            say,
        });
    },
    start: async () => {
        results.start = await starts(10, say);
    },
    growth: async () => {
        results.growth = await growth([2, 8, 32], say);
        writeFileSync(file("-growth.svg"), growthPicture(results.growth));
    },
};

await main(async () => {
    mkdirSync(fileURLToPath(new URL("./results", import.meta.url)), { recursive: true });
    // Begun at once, so that the product's first `up` runs meanwhile. What goes wrong is told by the part that needs it.
    if (wanted.some((name) => name === "peers" || name === "cost")) programs().catch(() => undefined);
    for (const name of wanted) {
        say(name);
        await parts[name]();
        // After each part, so that a failure costs only its own.
        writeFileSync(file(".json"), `${JSON.stringify(results, undefined, 4)}\n`);
    }
    const text = tables(results);
    writeFileSync(file(".md"), text);
    console.log(`\n${text}\nWritten to bench/results/${named}.*`);
    const lost = (results.product?.verdict.failed ?? 0) + (results.product?.verdict.stale ?? 0);
    if (lost > 0) process.exitCode = 1;
});

function partNamed(name: string) {
    const known = names.find((one) => one === name);
    return known ?? refuse(`--only is ${only}, but the parts are ${names.join(", ")}`);
}

function parsed() {
    try {
        return parseArgs({ options }).values;
    } catch (error) {
        return refuse(
            `${error instanceof Error ? error.message : String(error)}. The options: --quick, --only PART,PART, --rate REQUESTS_A_SECOND`,
        );
    }
}

/** Ends the program for what the operator typed. */
function refuse(why: string): never {
    console.error(`bench: ${why}`);
    process.exit(1);
}
