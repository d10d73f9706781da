import express from "express";

interface Options { port: number; password?: string }

export function start({ port, password = process.env.PASSWORD }: Options) {
  const app = express();
  app.get("/health", (_req, res) => res.json({ ok: true }));
  setTimeout(() => console.log("up"), 100);
  return app.listen(port);
}
