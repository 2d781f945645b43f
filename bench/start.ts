// The fixed cost of `pulumi up`: what it takes with nothing to do, beside a program without resources and beside other
// ways to load the program. All take turns, so that a slow moment of the machine hits them all.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { otherColor, type Color } from "../settings/settings.ts";
import { Project } from "./project.ts";

/** How long each `pulumi up` of one kind took, in milliseconds. */
export interface Start {
    readonly name: string;
    readonly ms: readonly number[];
}

/** @param rounds how often each is measured, @param say told what is done now */
export async function starts(rounds: number, say: (text: string) => void = () => undefined): Promise<Start[]> {
    const [service, empty, byDefault] = [await Project.create(), await Project.create(), await Project.create()];
    try {
        edit(empty, "index.ts", () => emptyProgram);
        // Pulumi's default is ts-node and CommonJS.
        edit(byDefault, "index.ts", () => emptyProgram);
        edit(byDefault, "Pulumi.yaml", (text) => replaced(text, /\n {2}options:\n(?: {4}.*\n)+/, "\n"));
        edit(byDefault, "package.json", (text) => replaced(text, '"type": "module",', ""));
        edit(byDefault, "tsconfig.json", () => '{ "compilerOptions": { "module": "nodenext", "target": "es2022" } }');
        let active: Color = "blue";
        const kinds: readonly { readonly name: string; readonly up: () => Promise<number> }[] = [
            { name: "empty program", up: async () => (await empty.up()).ms },
            { name: "empty program, Pulumi's default loader", up: async () => (await byDefault.up()).ms },
            { name: "this project, nothing to change", up: async () => (await service.up()).ms },
            { name: "the same, all of tsx and mapped promises", up: () => withoutShortcuts(service) },
            {
                name: "cutover",
                up: async () => {
                    active = otherColor(active);
                    return (await service.cutover(active)).upMs;
                },
            },
        ];
        const measured = kinds.map(({ name }) => ({ name, ms: [] as number[] }));
        say("start: first ups");
        for (const project of [service, empty, byDefault]) await project.up();
        for (let round = 0; round < rounds; round += 1) {
            say(`start: round ${round + 1} of ${rounds}`);
            for (const [at, { up }] of kinds.entries()) measured[at]?.ms.push(await up());
        }
        return measured;
    } finally {
        for (const project of [service, empty, byDefault]) await project.remove();
    }
}

const emptyProgram = 'import "@pulumi/pulumi";\n';

async function withoutShortcuts(project: Project): Promise<number> {
    const undo = [
        edit(project, "Pulumi.yaml", (text) => replaced(text, "tsx/esm", "tsx")),
        edit(project, "index.ts", (text) => replaced(text, 'import "./runtime/traces.ts";\n', "")),
    ];
    try {
        return (await project.up()).ms;
    } finally {
        for (const one of undo) one();
    }
}

// Changes a file of a project; gives a function that puts the old one back.
function edit(project: Project, file: string, change: (text: string) => string): () => void {
    const path = join(project.folder, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, change(text));
    return () => writeFileSync(path, text);
}

// What changes nothing would measure nothing.
function replaced(text: string, from: string | RegExp, to: string): string {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`there is nothing like ${String(from)}`);
    return changed;
}
