// Stack traces with positions in our TypeScript files, and quickly: Pulumi's own way (source-map-support) finds no maps
// for what tsx translates, and took an eighth of an `up` for it, since Pulumi notes a trace for each of its promises.
import { findSourceMap } from "node:module";

// A note of Pulumi's, shown only when a promise is left pending at the end: it stays as it is.
const promiseNotes = /[\\/]@pulumi[\\/]pulumi[\\/]runtime[\\/]debuggable\.js$/;

Error.prepareStackTrace = (error, frames) => {
    const isNote = promiseNotes.test(frames[0]?.getFileName() ?? "");
    return [String(error), ...frames.map(isNote ? plain : mapped)].join("\n    at ");
};

function plain(frame: { toString: () => string }): string {
    return frame.toString();
}

function mapped(frame: NodeJS.CallSite): string {
    const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()];
    if (line === null || column === null) return plain(frame);
    const entry = findSourceMap(frame.getFileName() ?? "")?.findEntry(line - 1, column - 1);
    if (!entry || !("originalLine" in entry)) return plain(frame);
    return plain(frame).replace(/:\d+:\d+(\)?)$/, `:${entry.originalLine + 1}:${entry.originalColumn + 1}$1`);
}
