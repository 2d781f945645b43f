// What the nginx container may hold, and the bounds that follow from it, so that no flood gets a worker killed for memory.

/** Memory of the nginx container, in MiB. */
export const nginxMemoryMb = 512;

/** What two workers, their zones and a step's programs take with no connection (20 measured), in MiB. */
const idleMb = 48;
/** Few, whatever the host has: they share the memory, and each is asked by the steps. */
const workers = 2;

// In KiB, at most. The template has the sizes of the buffers from here.
const headerBuffers = { count: 2, kb: 16 };
const bodyKb = 16;
const answerHeadKb = 16;
const answerBuffers = { count: 4, kb: 8 };
/** A header is 58 bytes parsed; nginx takes 1000 (`max_headers`, nginx 1.30; before it as many as fit in the buffers). */
const parsedHeadersKb = 60;
/** nginx's pools and structures, and the kernel's, for a socket. */
const socketKb = 8;

const readingKb = socketKb + 1 + headerBuffers.count * headerBuffers.kb + parsedHeadersKb;
const answeringKb = readingKb + bodyKb + answerHeadKb + answerBuffers.count * answerBuffers.kb + socketKb;

/** What a worker has of its connections for itself: listening sockets, the channel to its master, questions of the steps. */
const ownConnections = 8;

/** The numbers of the template that follow from the container's memory. */
export function boundsOf(memoryMb: number) {
    // A request that is answered has two sockets, one to the client and one to the server.
    const sockets = ((memoryMb - idleMb) * 1024) / Math.max(readingKb, answeringKb / 2);
    const connections = Math.floor(sockets / workers);
    return {
        workers,
        /** Sockets of a worker, to clients and servers together. */
        connections,
        /** Requests in progress of one address, which may be that of a proxy: as many as one worker holds, if all go to that. */
        requestsPerClient: Math.floor((connections - ownConnections) / 2),
        headerBuffers: `${headerBuffers.count} ${headerBuffers.kb}k`,
        body: `${bodyKb}k`,
        answerHead: `${answerHeadKb}k`,
        answerBuffers: `${answerBuffers.count} ${answerBuffers.kb}k`,
    };
}
