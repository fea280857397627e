// Makes what the Worker prints readable in a terminal.

/** Return a function that turns Python's paths into this checkout's and drops the frames of Python's own machinery. */
export function readable(sourceFolder) {
  return (message) =>
    message
      .replaceAll(/^ +File "(<frozen importlib[^"]*|\/lib\/python314\.zip\/(_?pyodide|importlib)\/[^"]*)".*\n(?: {4}.*\n)*/gm, "")
      .replaceAll("/session/metadata/python_modules/", "python_modules/")
      .replaceAll("/session/metadata/", `${sourceFolder}/`)
      .replaceAll("/lib/python314.zip/", "python3.14/");
}
