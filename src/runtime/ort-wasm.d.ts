/** The WebAssembly build of onnxruntime-web that suits the place: `imports` of package.json chooses it. */
declare module "#ort-wasm" {
  export * from "onnxruntime-web"
}
