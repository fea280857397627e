// Makes what the Worker prints readable in a terminal.

// Frames of the machinery between workerd and the Worker's code, each with the source lines below it.
const MACHINERY = String.raw`<frozen importlib[^"]*|/lib/python3\.?14(\.zip)?/(_?pyodide|importlib|site-packages/_cloudflare)/[^"]*`;
const FRAME = new RegExp(`^ +File "(${MACHINERY})".*\\n(?: {4}.*\\n)*`, "gm");

/** Return a function that turns Python's paths into this checkout's and drops the frames of Python's own machinery. */
export function readable(sourceFolder) {
  return (message) =>
    message
      .replaceAll(FRAME, "")
      .replaceAll(/^ +at .*\/miniflare\/.*\n?/gm, "")
      .replaceAll("/session/metadata/python_modules/", "python_modules/")
      .replaceAll("/session/metadata/", `${sourceFolder}/`)
      .replaceAll("/lib/python314.zip/", "python3.14/");
}
