/**
 * The ONNX runtime, in WebAssembly: read only where a model is evaluated, since it brings 14 MB. One thread, because more
 * of them fall outside a browser; bytes, because it would fetch what it is given by path.
 */
export async function loadRuntime(): Promise<typeof import("onnxruntime-web/wasm")> {
  const runtime = await import("onnxruntime-web/wasm");
  const binary = import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.wasmBinary = await Bun.file(new URL(binary)).arrayBuffer();
  runtime.env.logLevel = "fatal";
  return runtime;
}
