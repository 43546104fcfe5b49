// Starts the vendored viewer on the contract that this server has in force. It asks no other origin for anything,
// remembers no credential, and says what each operation records in words beside the raw declaration.

import { recorded } from "/assets/collected.js";
import { Contract } from "/assets/contract.js";
import { showRecorded } from "/assets/recorded-line.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

/** Replaces the viewer's raw row of `x-collect` by sentences (other extensions keep theirs), and drops one warning. */
function ourWords(system) {
  const { createElement } = system.React;
  const row = (Original) => (props) => {
    if (props.xKey !== "x-collect") return createElement(Original, props);
    const tree = system.specSelectors.specJson().toJS();
    const collect = props.xVal?.toJS ? props.xVal.toJS() : props.xVal;
    const sentences = recorded(tree, collect);
    const lines = sentences.length ? sentences.map((sentence) => `Records ${sentence}.`) : ["Records nothing."];
    return createElement("tr", null,
      createElement("td", null, "x-collect"),
      createElement("td", null, lines.map((line) => createElement("div", { key: line, className: "records-line" }, line))));
  };
  // The viewer warns of every dialect but its own default. Ours is plain JSON Schema 2020-12, which it renders.
  const nothing = () => () => null;
  return { wrapComponents: { OperationExtRow: row, JsonSchemaDialect: nothing } };
}

async function showFingerprint() {
  const response = await fetch("/openapi.yaml", { method: "HEAD", credentials: "omit" });
  const etag = response.ok ? response.headers.get("ETag") : null;
  if (etag) document.getElementById("fingerprint").textContent = `SHA-256 of the file: ${etag.replaceAll('"', "")}`;
}

async function sayWhatIsRecorded() {
  const contract = await Contract.load();
  contract.countVisits("/docs", "/assets/{name}", "/openapi.json", "/openapi.yaml");
  showRecorded(contract);
}

function fail(message) {
  const notice = document.getElementById("failure");
  notice.textContent = message;
  notice.hidden = false;
}

followTheme();
dark.addEventListener("change", followTheme);

if (typeof SwaggerUIBundle === "function") {
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#viewer",
    deepLinking: true,
    displayOperationId: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    showExtensions: true,
    validatorUrl: null,
    plugins: [ourWords],
  });
  showFingerprint().catch(() => {});
  sayWhatIsRecorded().catch(() => {});
} else {
  fail("The viewer could not be loaded. The contract itself is the file openapi.yaml.");
}
