import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

// The dev server runs inside the product's own server (scripts/vite-dev.ts); `vite build web` writes web/dist.
export default defineConfig({
  root: import.meta.dirname,
  publicDir: "../public",
  plugins: [solid()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // No data: URLs: the page's policy allows its own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
