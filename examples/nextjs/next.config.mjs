import path from "node:path";

export default {
  devIndicators: false,
  // What the examples share lies beside this folder.
  turbopack: { root: path.join(import.meta.dirname, "..") },
};
