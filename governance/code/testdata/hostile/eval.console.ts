export const run = (s: string) => globalThis.eval(s);
