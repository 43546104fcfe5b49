// What a person sees who followed an address that could not be answered. The server has written all of it into the page.

import { begin } from "/assets/shell.js";

begin(() => {}, { person: "ignored", refused: true });
