import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { PORT = "3000", API = "http://127.0.0.1:3001", TLS_CERT, TLS_KEY } = process.env;

// https, because the silent frame shares no cookies between an http application and an https server.
export default defineConfig({
  plugins: [react()],
  server: {
    port: Number(PORT),
    strictPort: true,
    https: TLS_CERT && TLS_KEY ? { cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) } : undefined,
    proxy: { "/api": API },
    fs: { allow: [".."] },
  },
});
