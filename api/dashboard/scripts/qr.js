// A QR code that the server describes as the path of its dark squares: drawn here, so that nothing has to be markup.

const SVG = "http://www.w3.org/2000/svg";

/** An <svg> of `{ size, path }`, on white in both themes: cameras read dark on light. */
export function drawing({ size, path }, label) {
  const made = document.createElementNS(SVG, "svg");
  const squares = document.createElementNS(SVG, "path");
  for (const [name, value] of Object.entries({ class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" })) made.setAttribute(name, value);
  squares.setAttribute("d", path);
  made.append(squares);
  return made;
}
